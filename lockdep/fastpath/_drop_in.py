"""How locks that stand for those of threading are made: cheaply, and a raw lock where none of ours may stand.

`make_lock` and `make_rlock` are the `__new__` of types that pass for raw ones (see patch/lookalikes.py); `new_lock` and
`new_rlock` that of lockdep.threading's. Cost: that of the creation of an ExclusiveLock.
"""

from __future__ import annotations

import _thread
import sys

try:
    import cython
except ModuleNotFoundError:
    from lockdep.fastpath import _cython_absent as cython

if not cython.compiled:
    from lockdep.fastpath._chain import _untracked
    from lockdep.fastpath._lock import ExclusiveLock
    from lockdep.fastpath._owned import RecursiveLock, _allocate_rlock
    from lockdep.fastpath._pure import begin_here

COMPILED = cython.compiled
CALLABLE = sys.version_info >= (3, 13)        # the type of raw locks makes some when it is called

_names = _thread.__dict__
_allocate_lock = _thread.allocate_lock
_raw_lock = _thread.LockType if CALLABLE else _allocate_lock
_new = object.__new__


def patched_since():
    """Return whether greenlets have replaced the thread functions after this module was imported."""
    return _names["allocate_lock"] is not _allocate_lock


def is_exact(kind):
    """Return whether a type is one of those that are told what they stand for, and no subclass of it."""
    return "stands_for" in kind.__dict__


def make_lock(kind, *more, **others):
    """Return a lock of this kind, made where the caller stands; a raw lock where none is to be tracked."""
    if more or others:
        return _raw_lock(*more, **others)     # CPython's own error
    if cython.compiled:
        lock = cython.cast(ExclusiveLock, ld_new(ExclusiveLock, kind))
        lock.identify(kind, None, None)
    else:
        lock = _new(kind)
        begin_here(lock, kind, 2)
    if lock.entry is _untracked or patched_since():
        return _allocate_lock()
    if cython.compiled:
        lock.equip(None)
    return lock


def make_rlock(kind, *_more, **_others):
    """Return the same for an RLock, whose type ignores arguments. A subclass of the kind never gets a raw one."""
    if cython.compiled:
        lock = cython.cast(RecursiveLock, ld_new(RecursiveLock, kind))
        lock.identify(kind, None, None)
    else:
        lock = _new(kind)
        begin_here(lock, kind, 2)
    if (lock.entry is _untracked or patched_since()) and is_exact(kind):
        return _allocate_rlock()
    if cython.compiled:
        lock.equip(None)
    return lock


def new_lock(kind, *_more, **_others):
    """Return a lock for `__init__`, or one of the greenlets' own if they have patched threading since."""
    if patched_since() and is_exact(kind):
        return sys.modules["threading"].Lock()
    return ld_new(ExclusiveLock, kind)


def new_rlock(kind, *_more, **_others):
    """Return the same for an RLock."""
    if patched_since() and is_exact(kind):
        return sys.modules["threading"].RLock()
    return ld_new(RecursiveLock, kind)


def bare(kind):
    """Return an object of a type of either kind that nothing has initialised."""
    base = RecursiveLock if issubclass(kind, RecursiveLock) else ExclusiveLock
    return ld_new(base, kind) if cython.compiled else _new(kind)


def new_by_name(kind):
    """Return a lock for `__init__`, or one of the greenlets' own, for a type of either kind."""
    return new_rlock(kind) if issubclass(kind, RecursiveLock) else new_lock(kind)


def quicken(kind):
    """Let a type with one of the methods above as its `__new__` make its objects quickly."""
    if cython.compiled:
        ld_quicken(kind, _names, _allocate_lock, new_by_name)


def pass_for(kind, name):
    """Make a type look like one that is written in C, to the extent that this build can."""
    if cython.compiled:
        ld_pass_for(kind, name.encode())
    else:
        name_methods(kind)


def name_methods(kind):
    """Give the methods that Condition keeps the names of those in C, by which dill pickles them."""
    for place in [name for name, value in _names.items() if value is kind.stands_for][:1]:
        for name in ("acquire", "release", "locked", "_release_save", "_acquire_restore", "_is_owned"):
            method = getattr(kind, name, None)
            if method is not None:
                method.__module__, method.__qualname__ = "_thread", f"{place}.{name}"


if not cython.compiled:
    new_lock = new_rlock = _new               # a function would double the cost; see _pure.lend
