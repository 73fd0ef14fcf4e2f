"""Have an unmodified program use validated locks: names in threading, copies of them, and locks made before.

`install` replaces threading.Lock and threading.RLock; what is built on them (Condition, Queue, Future, logging, ...)
looks the names up when called and follows. Names that other modules imported are found by one sweep (some ms). A lock
that a module made before is adopted: a validated lock that shares the real one takes its place, so code that kept the
old one still excludes everybody. `uninstall` restores every name; locks made meanwhile go on working, untracked.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import threading as _threading
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from lockdep import runtime, trace
from lockdep.config import load_options
from lockdep.graph import naming
from lockdep.graph.classes import LockClass, registry
from lockdep.patch import joins
from lockdep.threading import RAW_LOCK, RAW_RLOCK, Lock, RLock
from lockdep.validator.validator import Validator

OURS = {RAW_LOCK: Lock, RAW_RLOCK: RLock}
LEFT_ALONE = ("_thread", "threading", "importlib", "lockdep", "gevent", "eventlet")
LEFT_NAMES = frozenset(("allocate_lock", "_allocate_lock", "LockType", "_CRLock", "_PyRLock"))


class _Installed:
    """What install changed, so that uninstall can take it back."""

    undo: list[Callable[[], None]] = []  # noqa: RUF012 - one process, one list
    adopted: dict[int, Any] = {}  # noqa: RUF012
    busy: set[str] = set()  # noqa: RUF012
    factories: dict[int, Any] = {}  # noqa: RUF012
    renamed = 0


def is_installed() -> bool:
    """Return whether the names are replaced now."""
    return bool(_Installed.undo)


def install(**options: Any) -> None:
    """Track the locks of this process from now on. Keywords are options; OptionError changes nothing."""
    runtime.activate(Validator(load_options(**options)))
    if is_installed():
        return
    _Installed.factories = {id(_threading.Lock): Lock, id(_threading.RLock): RLock}
    rebind(_threading, "Lock", Lock)
    rebind(_threading, "RLock", RLock)
    for kind in (Lock, RLock):
        rebind(kind, "__module__", "threading")  # where it stands now: pickle and inspect look there
    if sys.version_info < (3, 12):
        rebind(functools, "RLock", RLock)  # cached_property makes one there
    follow_futures()
    resweep()
    joins.patch_threads(_Installed.undo)
    for note in runtime.greenlet_notes():
        runtime.write_note(note)


def resweep() -> None:
    """Look again for copies of threading's names, and for locks to adopt, in all modules."""
    for module in modules():
        sweep(module, _Installed.factories)


def renamed() -> int:
    """Return how many imported names were replaced."""
    return _Installed.renamed


def adopted_names() -> list[str]:
    """Return the names of the locks that were adopted."""
    return sorted(lock.entry.lock_class.name for lock in _Installed.adopted.values())


def busy_names() -> list[str]:
    """Return the module-level locks that somebody held when they were to be adopted."""
    return sorted(_Installed.busy)


def uninstall() -> None:
    """Restore every name that install replaced and track nothing more. Locks made meanwhile go on working."""
    while _Installed.undo:
        _Installed.undo.pop()()
    _Installed.adopted.clear()
    _Installed.busy.clear()
    _Installed.renamed = 0
    runtime.deactivate()


@contextlib.contextmanager
def installed(**options: Any) -> Iterator[None]:
    """Install for a while."""
    install(**options)
    try:
        yield
    finally:
        uninstall()


def rebind(namespace: Any, name: str, value: object) -> None:
    """Set a name, and note what it was. Another's later change to it is left alone by the undo."""
    original = getattr(namespace, name)

    def restore() -> None:
        if getattr(namespace, name, None) is value:
            setattr(namespace, name, original)

    setattr(namespace, name, value)
    _Installed.undo.append(restore)


def modules() -> list[ModuleType]:
    """Return the modules whose names may be changed."""
    return [
        module
        for name, module in list(sys.modules.items())
        if type(module) is ModuleType and name.partition(".")[0] not in LEFT_ALONE
    ]


def sweep(module: ModuleType, replacements: dict[int, Any]) -> None:
    """Replace what this module imported by name, and adopt the locks it made."""
    for name, value in list(vars(module).items()):
        replacement = replacements.get(id(value))
        if replacement is not None and name not in LEFT_NAMES:
            rebind(module, name, replacement)
            _Installed.renamed += 1
        elif type(value) in OURS:
            ours = _Installed.adopted.get(id(value)) or adopt(module, name, value)
            if ours is not None:
                rebind(module, name, ours)


def adopt(module: ModuleType, name: str, raw: Any) -> Any:
    """Return a validated lock that shares this real one, or None if somebody holds it now."""
    if getattr(raw, "_is_owned", bool)() or not raw.acquire(False):
        _Installed.busy.add(f"{module.__name__}.{name}")
        return None
    raw.release()
    _Installed.busy.discard(f"{module.__name__}.{name}")
    kind = OURS[type(raw)]
    ours = kind(name=module_lock_class(module, name, kind.__name__), raw=raw)
    _Installed.adopted[id(raw)] = ours
    return ours


def module_lock_class(module: ModuleType, name: str, kind: str) -> LockClass:
    """Return the class of a module's lock: the line that assigns it, looked up when somebody asks for the name."""
    filename = getattr(module, "__file__", None) or f"<{module.__name__}>"

    def place() -> str:
        line = naming.assignment_line(filename, name)
        return f"{trace.short_path(filename)}:{line} {name}"

    return registry.register_named(kind, place, key=(module.__name__, name))


def follow_futures() -> None:
    """Follow concurrent.futures. It is imported here, after the names: a few ms, and its own locks are tracked."""
    from concurrent.futures import _base, thread

    joins.patch_futures(_base, thread, _Installed.undo)
    for original, follow in ((_base.wait, joins.follow_wait), (_base.as_completed, joins.follow_as_completed)):
        _Installed.factories[id(original)] = functools.wraps(original)(follow(original))
