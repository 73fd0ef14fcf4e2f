"""Synchronization primitives with the names and the rules of the Linux kernel's, validated by lockdep.

Each is a real one, on threads, and good enough to be used for its own sake; simulated are interrupts and per-CPU
identity alone. Types are names of this package, and their modules are loaded when they are first used; functions stay
in the modules they belong to (primitives.rcu.synchronize_rcu). As lockdep.threading, this package turns validation on
if nobody has decided yet.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from lockdep import runtime
from lockdep.config import load_options
from lockdep.validator import Validator

if TYPE_CHECKING:
    from primitives.atomic import Atomic, AtomicFlags, AtomicRef, Refcount
    from primitives.completion import Completion
    from primitives.local_lock import LocalLock
    from primitives.mutex import Mutex
    from primitives.rculist import RCUDict, RCUList
    from primitives.rwlock import RWLock
    from primitives.rwsem import RWSem
    from primitives.semaphore import Semaphore
    from primitives.spinlock import RawSpinLock, SpinLock
    from primitives.srcu import SRCU

_NAMES = {
    "atomic": "Atomic AtomicFlags AtomicRef Refcount",
    "completion": "Completion",
    "local_lock": "LocalLock",
    "mutex": "Mutex",
    "rculist": "RCUDict RCUList",
    "rwlock": "RWLock",
    "rwsem": "RWSem",
    "semaphore": "Semaphore",
    "spinlock": "RawSpinLock SpinLock",
    "srcu": "SRCU",
}
_HOMES = {name: home for home, names in _NAMES.items() for name in names.split()}

__all__ = [
    "SRCU", "Atomic", "AtomicFlags", "AtomicRef", "Completion", "LocalLock", "Mutex", "RCUDict", "RCUList", "RWLock",
    "RWSem", "RawSpinLock", "Refcount", "Semaphore", "SpinLock",
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
