"""Names and module-level locks: the names of `threading` that make locks, copies of them, and what modules made.

A lock that a module made before lockdep was installed is adopted: a validated lock that shares the real one takes its
place, so that code which kept a reference to the old one still excludes everybody else.

Cost: looking at all modules once takes some milliseconds.
"""

from __future__ import annotations

import _thread
import sys
import threading as _threading
from types import ModuleType
from typing import Any

from lockdep import fastpath
from lockdep.graph import naming
from lockdep.graph.classes import LockClass, registry
from lockdep.patch.changes import Changes
from lockdep.patch.lookalikes import factory, lock_type, rlock_type
from lockdep.paths import short_path
from lockdep.threading import RAW_LOCK, RAW_RLOCK

LEFT_ALONE = ("_thread", "threading", "importlib", "lockdep", "primitives", "gevent", "eventlet")
# What threading itself waits with; _set_sentinel is a type of locks after gevent has patched.
LEFT_NAMES = frozenset(("allocate", "allocate_lock", "_allocate_lock", "_set_sentinel"))


class Names:
    """The names that one installation replaced, and the locks that it adopted."""

    def __init__(self, changes: Changes) -> None:
        self.renamed: int = 0  # how many imported names were replaced
        self._changes = changes
        locks, rlocks = raw_types()
        self._kinds: dict[int, Any] = {id(locks): lock_type(locks), id(rlocks): rlock_type(rlocks)}  # by id: ours equal
        self._replacements = {**self._kinds}
        making: Any = _threading.Lock
        if not isinstance(making, type):
            self._replacements[id(making)] = factory(making, self._kinds[id(locks)])
        self._adopted: dict[int, Any] = {}
        self._busy: set[str] = set()

    def replace(self) -> None:
        """Replace the names in threading itself: threading.RLock makes locks of the type that is called _CRLock there.

        The types have names in _thread, too, by which they are found when a reference to them is unpickled.
        """
        for module in (_threading, _thread):
            self._rename(module)

    def _rename(self, module: ModuleType) -> int:
        """Replace the names in a module, and return how many there are."""
        renamed = 0
        for name, value in list(vars(module).items()):
            replacement = self._replacements.get(id(value))
            if replacement is not None and name not in LEFT_NAMES:
                self._changes.rebind(module, name, replacement)
                renamed += 1
        return renamed

    def sweep_all(self) -> None:
        """Replace copies of threading's names in all modules, and adopt the locks of all modules."""
        for module in modules():
            self.sweep(module)

    def sweep(self, module: ModuleType) -> None:
        """Replace what this module imported by name, and adopt the locks that it made."""
        if registry.is_ignored(str(module.__name__)):
            return
        self.renamed += self._rename(module)
        for name, value in list(vars(module).items()):
            if id(type(value)) in self._kinds:
                ours = self._adopted.get(id(value)) or self._adopt(module, name, value)
                if ours is not None:
                    self._changes.rebind(module, name, ours)

    def adopted(self) -> list[str]:
        """Return the names of the locks that were adopted."""
        return sorted(lock.entry.lock_class.name for lock in self._adopted.values())

    def busy(self) -> list[str]:
        """Return the names of the locks that were held by some thread and could not be adopted for that reason."""
        return sorted(self._busy)

    def _adopt(self, module: ModuleType, name: str, raw: Any) -> Any:
        """Return a validated lock that shares this real one, or None if some thread holds it now."""
        place = f"{module.__name__}.{name}"
        if getattr(raw, "_is_owned", bool)() or not raw.acquire(False):
            self._busy.add(place)
            return None
        raw.release()
        self._busy.discard(place)
        ours = adopted_lock(self._kinds[id(type(raw))], raw, module, name)
        self._adopted[id(raw)] = ours
        return ours


def raw_types() -> tuple[type, type]:
    """Return the types of the locks that threading.Lock and threading.RLock make before anything is replaced."""
    if fastpath.greenlets_patched():
        return type(_threading.Lock()), type(_threading.RLock())
    return RAW_LOCK, RAW_RLOCK


def adopted_lock(kind: Any, raw: Any, module: ModuleType, name: str) -> Any:
    """Return a validated lock that shares the real lock `raw`, which the module calls `name`."""
    base = kind.__base__
    ours = fastpath.bare(kind)
    base.__init__(ours, name=module_lock_class(module, name, kind.kind_name), raw=raw)
    return ours


def modules() -> list[ModuleType]:
    """Return the modules whose names may be changed."""
    return [
        module
        for name, module in list(sys.modules.items())
        if type(module) is ModuleType and name.partition(".")[0] not in LEFT_ALONE
    ]


def module_lock_class(module: ModuleType, name: str, kind: str) -> LockClass:
    """Return the class of a lock that a module assigned to `name`.

    Its place is the line of that assignment, which is looked up when somebody asks for the class's name.
    """
    filename = getattr(module, "__file__", None) or f"<{module.__name__}>"

    def place() -> str:
        line = naming.assignment_line(filename, name)
        return f"{short_path(filename)}:{line} {name}"

    return registry.register_named(kind, place, key=(module.__name__, name))
