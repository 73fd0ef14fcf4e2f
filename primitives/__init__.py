"""Synchronization primitives with the names and rules of the Linux kernel's, validated by lockdep.

They are real: each works on threads and can be used for its own sake. Only interrupts and per-CPU identity are
simulated. A module of this package is imported when one of its names is first used. Importing the package turns
validation on unless the program has already turned it on or off, as importing lockdep.threading does.

A new primitive is one module here and its line in each of the two lists below.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from lockdep import runtime
from lockdep.config import load_options
from lockdep.validator.validator import Validator

if TYPE_CHECKING:  # the same names as in _NAMES; tests/primitives/test_names.py compares them
    from primitives.atomic import Atomic as Atomic
    from primitives.atomic import AtomicFlags as AtomicFlags
    from primitives.atomic import AtomicRef as AtomicRef
    from primitives.atomic import Refcount as Refcount
    from primitives.barrier import READ_ONCE as READ_ONCE
    from primitives.barrier import WRITE_ONCE as WRITE_ONCE
    from primitives.barrier import smp_load_acquire as smp_load_acquire
    from primitives.barrier import smp_mb as smp_mb
    from primitives.barrier import smp_rmb as smp_rmb
    from primitives.barrier import smp_store_mb as smp_store_mb
    from primitives.barrier import smp_store_release as smp_store_release
    from primitives.barrier import smp_wmb as smp_wmb
    from primitives.completion import Completion as Completion
    from primitives.irq import cpu_relax as cpu_relax
    from primitives.irq import disable_irq as disable_irq
    from primitives.irq import disable_irq_nosync as disable_irq_nosync
    from primitives.irq import enable_irq as enable_irq
    from primitives.irq import free_irq as free_irq
    from primitives.irq import irq_disabled as irq_disabled
    from primitives.irq import local_irq as local_irq
    from primitives.irq import local_irq_disable as local_irq_disable
    from primitives.irq import local_irq_enable as local_irq_enable
    from primitives.irq import local_irq_restore as local_irq_restore
    from primitives.irq import local_irq_save as local_irq_save
    from primitives.irq import local_irqsave as local_irqsave
    from primitives.irq import raise_irq as raise_irq
    from primitives.irq import request_irq as request_irq
    from primitives.irq import synchronize_irq as synchronize_irq
    from primitives.kref import Kref as Kref
    from primitives.kthread import KThread as KThread
    from primitives.kthread import kthread_park as kthread_park
    from primitives.kthread import kthread_parkme as kthread_parkme
    from primitives.kthread import kthread_run as kthread_run
    from primitives.kthread import kthread_should_park as kthread_should_park
    from primitives.kthread import kthread_should_stop as kthread_should_stop
    from primitives.kthread import kthread_stop as kthread_stop
    from primitives.kthread import kthread_unpark as kthread_unpark
    from primitives.kthread import wake_up_process as wake_up_process
    from primitives.litmus import SC as SC
    from primitives.litmus import StoreBuffer as StoreBuffer
    from primitives.litmus import Weak as Weak
    from primitives.litmus import explore as explore
    from primitives.litmus import parse as parse
    from primitives.local_lock import LocalLock as LocalLock
    from primitives.mutex import Mutex as Mutex
    from primitives.percpu import PerCPU as PerCPU
    from primitives.percpu import get_cpu as get_cpu
    from primitives.percpu import put_cpu as put_cpu
    from primitives.percpu import smp_processor_id as smp_processor_id
    from primitives.percpu import this_cpu_add as this_cpu_add
    from primitives.percpu import this_cpu_inc as this_cpu_inc
    from primitives.percpu import this_cpu_read as this_cpu_read
    from primitives.percpu import this_cpu_write as this_cpu_write
    from primitives.percpu_rwsem import PercpuRWSem as PercpuRWSem
    from primitives.preempt import in_atomic as in_atomic
    from primitives.preempt import in_hardirq as in_hardirq
    from primitives.preempt import in_interrupt as in_interrupt
    from primitives.preempt import in_softirq as in_softirq
    from primitives.preempt import in_task as in_task
    from primitives.preempt import preempt_count as preempt_count
    from primitives.preempt import preempt_disable as preempt_disable
    from primitives.preempt import preempt_disabled as preempt_disabled
    from primitives.preempt import preempt_enable as preempt_enable
    from primitives.preempt import preemptible as preemptible
    from primitives.rcu import RCUPointer as RCUPointer
    from primitives.rcu import call_rcu as call_rcu
    from primitives.rcu import rcu_access_pointer as rcu_access_pointer
    from primitives.rcu import rcu_assign_pointer as rcu_assign_pointer
    from primitives.rcu import rcu_barrier as rcu_barrier
    from primitives.rcu import rcu_dereference as rcu_dereference
    from primitives.rcu import rcu_dereference_check as rcu_dereference_check
    from primitives.rcu import rcu_dereference_protected as rcu_dereference_protected
    from primitives.rcu import rcu_read_lock as rcu_read_lock
    from primitives.rcu import rcu_read_lock_bh as rcu_read_lock_bh
    from primitives.rcu import rcu_read_lock_sched as rcu_read_lock_sched
    from primitives.rcu import rcu_read_side as rcu_read_side
    from primitives.rcu import rcu_read_side_bh as rcu_read_side_bh
    from primitives.rcu import rcu_read_side_sched as rcu_read_side_sched
    from primitives.rcu import rcu_read_unlock as rcu_read_unlock
    from primitives.rcu import rcu_read_unlock_bh as rcu_read_unlock_bh
    from primitives.rcu import rcu_read_unlock_sched as rcu_read_unlock_sched
    from primitives.rcu import rcu_replace_pointer as rcu_replace_pointer
    from primitives.rcu import synchronize_rcu as synchronize_rcu
    from primitives.rcu import synchronize_rcu_expedited as synchronize_rcu_expedited
    from primitives.rculist import RCUDict as RCUDict
    from primitives.rculist import RCUList as RCUList
    from primitives.rwlock import RWLock as RWLock
    from primitives.rwsem import RWSem as RWSem
    from primitives.semaphore import Semaphore as Semaphore
    from primitives.seqlock import SeqCount as SeqCount
    from primitives.seqlock import SeqCountLatch as SeqCountLatch
    from primitives.seqlock import SeqLock as SeqLock
    from primitives.softirq import Softirq as Softirq
    from primitives.softirq import Tasklet as Tasklet
    from primitives.softirq import local_bh as local_bh
    from primitives.softirq import local_bh_disable as local_bh_disable
    from primitives.softirq import local_bh_enable as local_bh_enable
    from primitives.softirq import open_softirq as open_softirq
    from primitives.softirq import raise_softirq as raise_softirq
    from primitives.spinlock import RawSpinLock as RawSpinLock
    from primitives.spinlock import SpinLock as SpinLock
    from primitives.srcu import SRCU as SRCU
    from primitives.timer import Timer as Timer
    from primitives.timer import jiffies as jiffies
    from primitives.waitqueue import WaitQueueHead as WaitQueueHead
    from primitives.work import DelayedWork as DelayedWork
    from primitives.work import Work as Work
    from primitives.workqueue import WQ_LEGACY as WQ_LEGACY
    from primitives.workqueue import WQ_MEM_RECLAIM as WQ_MEM_RECLAIM
    from primitives.workqueue import WorkQueue as WorkQueue
    from primitives.workqueue import flush_scheduled_work as flush_scheduled_work
    from primitives.workqueue import schedule_delayed_work as schedule_delayed_work
    from primitives.workqueue import schedule_work as schedule_work
    from primitives.workqueue import system_wq as system_wq
    from primitives.ww_mutex import AcquireContext as AcquireContext
    from primitives.ww_mutex import WWClass as WWClass
    from primitives.ww_mutex import WWMutex as WWMutex

_NAMES = {  # module -> its public names
    "atomic": "Atomic AtomicFlags AtomicRef Refcount",
    "barrier": "READ_ONCE WRITE_ONCE smp_load_acquire smp_mb smp_rmb smp_store_mb smp_store_release smp_wmb",
    "completion": "Completion",
    "irq": (
        "cpu_relax disable_irq disable_irq_nosync enable_irq free_irq irq_disabled local_irq local_irq_disable"
        " local_irq_enable local_irq_restore local_irq_save local_irqsave raise_irq request_irq synchronize_irq"
    ),
    "kref": "Kref",
    "kthread": (
        "KThread kthread_park kthread_parkme kthread_run kthread_should_park kthread_should_stop kthread_stop"
        " kthread_unpark wake_up_process"
    ),
    "litmus": "SC StoreBuffer Weak explore parse",
    "local_lock": "LocalLock",
    "mutex": "Mutex",
    "percpu": "PerCPU get_cpu put_cpu smp_processor_id this_cpu_add this_cpu_inc this_cpu_read this_cpu_write",
    "percpu_rwsem": "PercpuRWSem",
    "preempt": (
        "in_atomic in_hardirq in_interrupt in_softirq in_task preempt_count preempt_disable"
        " preempt_disabled preempt_enable preemptible"
    ),
    "rcu": (
        "RCUPointer call_rcu rcu_access_pointer rcu_assign_pointer rcu_barrier rcu_dereference"
        " rcu_dereference_check rcu_dereference_protected rcu_read_lock rcu_read_lock_bh"
        " rcu_read_lock_sched rcu_read_side rcu_read_side_bh rcu_read_side_sched rcu_read_unlock"
        " rcu_read_unlock_bh rcu_read_unlock_sched rcu_replace_pointer synchronize_rcu"
        " synchronize_rcu_expedited"
    ),
    "rculist": "RCUDict RCUList",
    "rwlock": "RWLock",
    "rwsem": "RWSem",
    "semaphore": "Semaphore",
    "seqlock": "SeqCount SeqCountLatch SeqLock",
    "softirq": "Softirq Tasklet local_bh local_bh_disable local_bh_enable open_softirq raise_softirq",
    "spinlock": "RawSpinLock SpinLock",
    "srcu": "SRCU",
    "timer": "Timer jiffies",
    "waitqueue": "WaitQueueHead",
    "work": "DelayedWork Work",
    "workqueue": (
        "WQ_LEGACY WQ_MEM_RECLAIM WorkQueue flush_scheduled_work schedule_delayed_work schedule_work system_wq"
    ),
    "ww_mutex": "AcquireContext WWClass WWMutex",
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names.split()}

if not TYPE_CHECKING:  # type checkers cannot evaluate it; to them every `X as X` above is public
    __all__ = sorted(_MODULES)


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})


if not runtime.decided():
    runtime.activate(Validator(load_options()))
