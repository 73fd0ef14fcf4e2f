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
from lockdep.validator import Validator

if TYPE_CHECKING:
    from primitives.completion import Completion as Completion
    from primitives.local_lock import LocalLock as LocalLock
    from primitives.mutex import Mutex as Mutex
    from primitives.percpu import PerCPU as PerCPU
    from primitives.rwlock import RWLock as RWLock
    from primitives.rwsem import RWSem as RWSem
    from primitives.semaphore import Semaphore as Semaphore
    from primitives.softirq import Softirq as Softirq
    from primitives.softirq import Tasklet as Tasklet
    from primitives.spinlock import RawSpinLock as RawSpinLock
    from primitives.spinlock import SpinLock as SpinLock
    from primitives.ww_mutex import AcquireContext as AcquireContext
    from primitives.ww_mutex import WWClass as WWClass
    from primitives.ww_mutex import WWMutex as WWMutex

HOMES = {
    "completion": ("Completion",),
    "local_lock": ("LocalLock",),
    "mutex": ("Mutex",),
    "percpu": ("PerCPU",),
    "rwlock": ("RWLock",),
    "rwsem": ("RWSem",),
    "semaphore": ("Semaphore",),
    "softirq": ("Softirq", "Tasklet"),
    "spinlock": ("RawSpinLock", "SpinLock"),
    "ww_mutex": ("AcquireContext", "WWClass", "WWMutex"),
}
_homes = {name: module for module, names in HOMES.items() for name in names}

__all__ = [
    "AcquireContext", "Completion", "LocalLock", "Mutex", "PerCPU", "RWLock", "RWSem", "RawSpinLock", "Semaphore",
    "Softirq", "SpinLock", "Tasklet", "WWClass", "WWMutex",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    home = _homes.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])


if not runtime.decided():
    runtime.activate(Validator(load_options()))
