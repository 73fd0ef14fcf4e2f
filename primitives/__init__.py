"""Synchronization primitives with the names and the rules of the Linux kernel's, validated by lockdep.

Each is a real one, on threads, and good enough to be used for its own sake; simulated are interrupts and per-CPU
identity alone. A module is loaded when a name of it is first used. As lockdep.threading, this package turns validation
on if nobody has decided yet.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from lockdep import runtime
from lockdep.config import load_options
from lockdep.validator.validator import Validator

if TYPE_CHECKING:
    from primitives.atomic import Atomic, AtomicFlags, AtomicRef, Refcount
    from primitives.barrier import (
        READ_ONCE,
        WRITE_ONCE,
        smp_load_acquire,
        smp_mb,
        smp_rmb,
        smp_store_mb,
        smp_store_release,
        smp_wmb,
    )
    from primitives.completion import Completion
    from primitives.irq import (
        cpu_relax,
        free_irq,
        local_irq_disable,
        local_irq_enable,
        local_irq_restore,
        local_irq_save,
        raise_irq,
        request_irq,
    )
    from primitives.litmus import SC, StoreBuffer, Weak, explore, parse
    from primitives.local_lock import LocalLock
    from primitives.mutex import Mutex
    from primitives.percpu import (
        PerCPU,
        get_cpu,
        put_cpu,
        smp_processor_id,
        this_cpu_add,
        this_cpu_inc,
        this_cpu_read,
        this_cpu_write,
    )
    from primitives.preempt import (
        in_atomic,
        in_hardirq,
        in_interrupt,
        in_softirq,
        in_task,
        preempt_count,
        preempt_disable,
        preempt_disabled,
        preempt_enable,
        preemptible,
    )
    from primitives.rcu import (
        RCUPointer,
        call_rcu,
        rcu_access_pointer,
        rcu_assign_pointer,
        rcu_barrier,
        rcu_dereference,
        rcu_dereference_check,
        rcu_dereference_protected,
        rcu_read_lock,
        rcu_read_lock_bh,
        rcu_read_lock_sched,
        rcu_read_side,
        rcu_read_side_bh,
        rcu_read_side_sched,
        rcu_read_unlock,
        rcu_read_unlock_bh,
        rcu_read_unlock_sched,
        rcu_replace_pointer,
        synchronize_rcu,
        synchronize_rcu_expedited,
    )
    from primitives.rculist import RCUDict, RCUList
    from primitives.rwlock import RWLock
    from primitives.rwsem import RWSem
    from primitives.semaphore import Semaphore
    from primitives.seqlock import SeqCount, SeqCountLatch, SeqLock
    from primitives.softirq import Softirq, Tasklet, local_bh_disable, local_bh_enable, open_softirq, raise_softirq
    from primitives.spinlock import RawSpinLock, SpinLock
    from primitives.srcu import SRCU
    from primitives.ww_mutex import AcquireContext, WWClass, WWMutex

_NAMES = {
    "atomic": "Atomic AtomicFlags AtomicRef Refcount",
    "barrier": "READ_ONCE WRITE_ONCE smp_load_acquire smp_mb smp_rmb smp_store_mb smp_store_release smp_wmb",
    "completion": "Completion",
    "irq": (
        "cpu_relax free_irq local_irq_disable local_irq_enable local_irq_restore local_irq_save raise_irq request_irq"
    ),
    "litmus": "SC StoreBuffer Weak explore parse",
    "local_lock": "LocalLock",
    "mutex": "Mutex",
    "percpu": "PerCPU get_cpu put_cpu smp_processor_id this_cpu_add this_cpu_inc this_cpu_read this_cpu_write",
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
    "softirq": "Softirq Tasklet local_bh_disable local_bh_enable open_softirq raise_softirq",
    "spinlock": "RawSpinLock SpinLock",
    "srcu": "SRCU",
    "ww_mutex": "AcquireContext WWClass WWMutex",
}
_HOMES = {name: home for home, names in _NAMES.items() for name in names.split()}

__all__ = [
    "READ_ONCE",
    "SC",
    "SRCU",
    "WRITE_ONCE",
    "AcquireContext",
    "Atomic",
    "AtomicFlags",
    "AtomicRef",
    "Completion",
    "LocalLock",
    "Mutex",
    "PerCPU",
    "RCUDict",
    "RCUList",
    "RCUPointer",
    "RWLock",
    "RWSem",
    "RawSpinLock",
    "Refcount",
    "Semaphore",
    "SeqCount",
    "SeqCountLatch",
    "SeqLock",
    "Softirq",
    "SpinLock",
    "StoreBuffer",
    "Tasklet",
    "WWClass",
    "WWMutex",
    "Weak",
    "call_rcu",
    "cpu_relax",
    "explore",
    "free_irq",
    "get_cpu",
    "in_atomic",
    "in_hardirq",
    "in_interrupt",
    "in_softirq",
    "in_task",
    "local_bh_disable",
    "local_bh_enable",
    "local_irq_disable",
    "local_irq_enable",
    "local_irq_restore",
    "local_irq_save",
    "open_softirq",
    "parse",
    "preempt_count",
    "preempt_disable",
    "preempt_disabled",
    "preempt_enable",
    "preemptible",
    "put_cpu",
    "raise_irq",
    "raise_softirq",
    "rcu_access_pointer",
    "rcu_assign_pointer",
    "rcu_barrier",
    "rcu_dereference",
    "rcu_dereference_check",
    "rcu_dereference_protected",
    "rcu_read_lock",
    "rcu_read_lock_bh",
    "rcu_read_lock_sched",
    "rcu_read_side",
    "rcu_read_side_bh",
    "rcu_read_side_sched",
    "rcu_read_unlock",
    "rcu_read_unlock_bh",
    "rcu_read_unlock_sched",
    "rcu_replace_pointer",
    "request_irq",
    "smp_load_acquire",
    "smp_mb",
    "smp_processor_id",
    "smp_rmb",
    "smp_store_mb",
    "smp_store_release",
    "smp_wmb",
    "synchronize_rcu",
    "synchronize_rcu_expedited",
    "this_cpu_add",
    "this_cpu_inc",
    "this_cpu_read",
    "this_cpu_write",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])


if not runtime.decided():
    runtime.activate(Validator(load_options()))
