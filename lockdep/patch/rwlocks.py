"""Read-write locks of well-known packages: they are recognised by the names of their methods when they are imported.

What is followed, and how, is in lockdep/rwlocks.py. A program that imports none of these packages pays nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from lockdep import rwlocks, trace
from lockdep.annotations import paused
from lockdep.patch.changes import Changes
from lockdep.patch.imports import after_imports
from lockdep.rwlocks import Names, Replacement

MODULES = (
    "readerwriterlock.rwlock", "fasteners.lock", "rwlock.rwlock", "dogpile.util.readwrite_lock",
    "dogpile.core.readwrite_lock", "django.utils.synch", "beaker.synchronization",
)  # fmt: skip
SIDES: tuple[tuple[Names, Names], ...] = (
    (("acquire_read_lock", "release_read_lock"), ("acquire_write_lock", "release_write_lock")),  # SQLAlchemy's
    (("_acquire_read_lock", "_release_read_lock"), ("_acquire_write_lock", "_release_write_lock")),  # fasteners
    ("read_lock", "write_lock"),
    (("reader_enters", "reader_leaves"), ("writer_enters", "writer_leaves")),  # Django's
    (("acquire_read", "release"), ("acquire_write", "release")),
)
READERS_FIRST = ("RWLockRead", "RWLockReadD")
_READER, _WRITER, _LOCK = "_aReader", "_aWriter", "c_rw_lock"  # of readerwriterlock: objects for a side of a lock


def follow_rwlocks(changes: Changes) -> None:
    """Follow the locks of these packages, now or when the program imports one.

    readerwriterlock releases a lock that is not held when it is imported, to see which error that raises.
    """
    after_imports(changes, MODULES, follow_module, paused)


def follow_module(changes: Changes, module: ModuleType) -> None:
    """Follow the locks of all classes of a module that have the right methods; pass over the module in reports."""
    trace.hide(str(module.__file__))
    for owner in list(vars(module).values()):
        if isinstance(owner, type) and owner.__module__ == module.__name__:
            for where, name, method in list(replacements(owner)):
                changes.rebind(where, name, method)


def replacements(owner: type) -> Iterator[tuple[type, str, Callable[..., Any]]]:
    """Yield what to replace so that the locks of a class are followed: the class, a name, the new method."""
    fair = owner.__name__ not in READERS_FIRST
    find = rwlocks.finding_map(fair=fair)
    found: list[Replacement] = []
    for read, write in SIDES:
        names = [name for side in (read, write) for name in ((side,) if isinstance(side, str) else side)]
        if all(name in vars(owner) for name in names):
            found += rwlocks.method_replacements(owner, read, write, find)
    if found or _READER in vars(owner):
        found.append(("__init__", rwlocks.making(rwlocks.constructor(owner), fair=fair)))
    yield from ((owner, name, method) for name, method in found)
    for name, reads in ((_READER, True), (_WRITER, False)):
        side = vars(owner).get(name)
        if side is not None:
            yield side, "acquire", rwlocks.taking(side.acquire, lambda it: find(vars(it)[_LOCK]), reads=reads)
            yield side, "release", rwlocks.dropping(side.release, lambda it: find(vars(it)[_LOCK]))
