"""Names and module-level locks: `threading.Lock` and `RLock`, what other modules imported of them, and what they made.

A lock that a module made before lockdep was installed is adopted: a validated lock that shares the real one takes its
place, so that code which kept a reference to the old one still excludes everybody else.

Cost: looking at all modules once takes some milliseconds.
"""

from __future__ import annotations

import functools
import sys
import threading as _threading
from types import ModuleType
from typing import Any

from lockdep import trace
from lockdep.graph import naming
from lockdep.graph.classes import LockClass, registry
from lockdep.patch.changes import Changes
from lockdep.threading import RAW_LOCK, RAW_RLOCK, Lock, RLock

OURS = {RAW_LOCK: Lock, RAW_RLOCK: RLock}
LEFT_ALONE = ("_thread", "threading", "importlib", "lockdep", "gevent", "eventlet")
LEFT_NAMES = frozenset(("allocate_lock", "_allocate_lock", "LockType", "_CRLock", "_PyRLock"))


class Names:
    """The names that one installation replaced, and the locks that it adopted."""

    def __init__(self, changes: Changes) -> None:
        self.renamed = 0  # how many imported names were replaced
        self._changes = changes
        self._replacements: dict[int, Any] = {id(_threading.Lock): Lock, id(_threading.RLock): RLock}
        self._adopted: dict[int, Any] = {}
        self._busy: set[str] = set()

    def replace(self) -> None:
        """Replace the names in threading itself."""
        self._changes.rebind(_threading, "Lock", Lock)
        self._changes.rebind(_threading, "RLock", RLock)
        for kind in (Lock, RLock):
            self._changes.rebind(kind, "__module__", "threading")  # pickle and inspect look for the class there
        if sys.version_info < (3, 12):
            self._changes.rebind(functools, "RLock", RLock)  # cached_property makes one there

    def sweep_all(self) -> None:
        """Replace copies of threading's names in all modules, and adopt the locks of all modules."""
        for module in modules():
            self.sweep(module)

    def sweep(self, module: ModuleType) -> None:
        """Replace what this module imported by name, and adopt the locks that it made."""
        for name, value in list(vars(module).items()):
            replacement = self._replacements.get(id(value))
            if replacement is not None and name not in LEFT_NAMES:
                self._changes.rebind(module, name, replacement)
                self.renamed += 1
            elif type(value) in OURS:
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
        kind = OURS[type(raw)]
        ours = kind(name=module_lock_class(module, name, kind.__name__), raw=raw)
        self._adopted[id(raw)] = ours
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
        return f"{trace.short_path(filename)}:{line} {name}"

    return registry.register_named(kind, place, key=(module.__name__, name))
