"""Annotations: what an author can tell the validator, or ask it, about locks (kernel: include/linux/lockdep.h).

A `lock` here is a DepMap (every validated lock is one) or has one as `dep_map`; a Condition counts as its lock.
Nothing here raises into the program: what does not hold is a finding. Where nobody knows (tracking is off, the lock is
not a validated one) an assertion holds. Each costs some microseconds; assertions that hold cost less than one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from lockdep import fastpath, runtime
from lockdep.fastpath import NOCHECK, READ, RECURSIVE_READ, TRY, UNTRACKED, DepMap, ThreadState
from lockdep.graph.classes import LockClass, LockClassKey, registry
from lockdep.graph.comparison import InstanceComparison
from lockdep.wait_types import PLAIN, Traits

__all__ = [
    "LockClassKey", "LockMap", "WaitOverride", "downgrade", "is_held", "might_lock", "might_lock_nested",
    "might_lock_read", "off", "on", "paused", "pin", "repin", "set_class", "set_notrack", "set_novalidate", "set_order",
    "set_subclass", "unpin",
]  # fmt: skip

COOKIES = 1 << 16


class LockMap(DepMap):
    """Something that is no lock but has to be waited for like one: a phase, a request, work that must finish.

    Taking it is recorded, nothing is taken. `name` gives it a class; else the place where it is made does.
    """

    __slots__ = ()
    traits = PLAIN

    def __init__(self, name: str | None = None, key: object = None) -> None:
        super().__init__(name, type(self), key)

    def acquire(self, mode: int = 0, nest: object = None, subclass: int = 0) -> None:
        """Enter, exclusively unless `mode` says otherwise."""
        self.hold(mode, nest, subclass)

    def acquire_read(self) -> None:
        """Enter as a recursive reader."""
        self.hold(RECURSIVE_READ)

    def try_acquire(self) -> None:
        """Enter where nothing had to be waited for."""
        self.acquired(None, TRY)

    def __enter__(self) -> LockMap:
        self.hold()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


class WaitOverride(DepMap):
    """Sets the wait context for the code it encloses, whatever it runs in (kernel: DEFINE_WAIT_OVERRIDE_MAP).

    `wait` is the wait type that is allowed inside, from lockdep.wait_types.
    """

    __slots__ = ()

    def __init__(self, name: str, wait: int) -> None:
        super().__init__(registry.register_named(f"WaitOverride{wait}", name, None, Traits(wait, kind="override")))

    def __enter__(self) -> WaitOverride:
        self.acquired(None, TRY)
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def dep_map(lock: Any) -> DepMap | None:
    """Return the DepMap of a lock; None for one that is not validated. TypeError for what is no lock at all."""
    for candidate in (lock, getattr(lock, "dep_map", None), getattr(lock, "_lock", None)):
        if isinstance(candidate, DepMap):
            return candidate
    if hasattr(lock, "acquire") or hasattr(lock, "_lock"):
        return None
    raise TypeError(f"expected a lock, got {type(lock).__name__}")


def is_held(lock: Any, read: int = -1) -> int:
    """Return 1 if this thread holds the lock, 0 if not, -1 if nobody knows. `read`: 1 for reading, 0 for writing."""
    mine = dep_map(lock)
    return -1 if mine is None else mine.is_held(read)


# How a lock may be taken here


def might_lock(lock: Any, subclass: int = 0) -> None:
    """Say that the lock may be taken here, so that the order is known even when it is not."""
    _might(lock, 0, subclass)


def might_lock_read(lock: Any) -> None:
    """Say that the lock may be taken for reading here."""
    _might(lock, READ, 0)


def might_lock_nested(lock: Any, subclass: int) -> None:
    """Say that the lock may be taken here as this subclass. Exclusively, unlike the kernel's, which records a read."""
    _might(lock, 0, subclass)


def _might(lock: Any, mode: int, subclass: int) -> None:
    mine = dep_map(lock)
    if mine is not None:
        mine.hold(mode, None, subclass)
        DepMap.release(mine)  # not the lock's own: it was never taken


# Which class a lock belongs to


def set_class(lock: Any, key: object, name: str | None = None) -> None:
    """Put a lock into the class of a key: a LockClassKey, or anything hashable. `name` is what reports call it.

    A lock that this thread holds is taken anew under its new class, and what was taken after it too.
    """
    mine = dep_map(lock)
    if mine is not None and mine.entry is not UNTRACKED:
        old = mine.entry.lock_class
        made = registry.register_named(old.kind, old.name if name is None else name, key, old.traits)
        _reclass(mine, made)
        runtime.validator().report_clashes()


def set_subclass(lock: Any, number: int) -> None:
    """Have a lock be of this subclass of its class, 0 to 7, from now on. The name stays."""
    mine = dep_map(lock)
    if mine is not None and mine.entry is not UNTRACKED:
        _reclass(mine, runtime.validator().subclass(mine.entry.lock_class.base, number))


def _reclass(mine: DepMap, lock_class: LockClass) -> None:
    state = fastpath.thread_state()
    at = state.find(mine.serial)
    mine.entry = lock_class.entry(mine.entry.mode)
    mine.hint = fastpath.NOWHERE
    if at:
        state.retake(at, lock_class.entry(state.chains()[at - 1].entry.mode))


def set_novalidate(lock: Any) -> None:
    """Have a lock make no dependencies. It stays in the held list, in asserts and in the wait context."""
    mine = dep_map(lock)
    if mine is not None and mine.entry is not UNTRACKED:
        mine.entry = mine.entry.lock_class.entry(NOCHECK)
        mine.hint = fastpath.NOWHERE


def set_notrack(lock: Any) -> None:
    """Track a lock no more, in any way. Not while it is held."""
    mine = dep_map(lock)
    if mine is not None:
        mine.entry = UNTRACKED
        mine.hint = fastpath.NOWHERE


def set_order(lock: Any, compare: Callable[[Any, Any], int], describe: Callable[[Any], str] | None = None) -> None:
    """Allow locks of this lock's class to be nested where compare(held, new) < 0 (kernel: lock_set_cmp_fn).

    Call it for each lock; one comparison for each class. `describe` gives the text that a report shows for an instance.
    """
    mine = dep_map(lock)
    if mine is None or mine.entry is UNTRACKED:
        return
    lock_class = mine.entry.lock_class
    if lock_class.order is None:
        lock_class.order = InstanceComparison(compare, describe)
    elif lock_class.order.compare is not compare:
        runtime.validator().misused("second ordering callback for a class", "a class has one comparison", lock_class)
    lock_class.order.instances[mine.serial] = lock


# What is held, and how


def downgrade(lock: Any) -> None:
    """Tell that this thread now holds for reading what it held for writing. What was taken after it is judged again."""
    mine = dep_map(lock)
    state = fastpath.thread_state()
    if mine is None or not state.settle():
        return
    at = state.find(mine.serial)
    if not at:
        runtime.validator().misuse(state, mine)
        return
    entry = state.chains()[at - 1].entry
    if entry.mode & (READ | RECURSIVE_READ):
        runtime.validator().misused("downgrading a read lock", "only a writer can be downgraded", entry.lock_class)
    else:
        state.retake(at, entry.lock_class.entry(entry.mode | READ))


def pin(lock: Any) -> int:
    """Have a release of this held lock reported until it is unpinned; return the cookie for that. Pins add up."""
    cookie = 1 + fastpath.new_serial() % COOKIES
    return cookie if _pin(lock, cookie, "pinning an unheld lock") else 0


def repin(lock: Any, cookie: int) -> None:
    """Pin again with the cookie of an earlier pin, after it was unpinned for a while."""
    _pin(lock, cookie, "pinning an unheld lock")


def unpin(lock: Any, cookie: int) -> None:
    """Undo a pin, with its cookie."""
    _pin(lock, -cookie, "unpinning an unheld lock")


def _pin(lock: Any, change: int, not_held: str) -> bool:
    mine, state = dep_map(lock), fastpath.thread_state()
    if mine is None or not change or mine.is_held() < 0:
        return False
    at = state.find(mine.serial)
    problem, total = not_held, 0
    if at:
        old = (state.pins or {}).get(mine.serial, 0)
        total = old + change
        problem = "" if total >= 0 else "pin count corrupted" if old else "unpinning an unpinned lock"
    if problem:
        runtime.validator().misused(
            problem, "pin what is held, unpin with the cookie of the pin", mine.entry.lock_class
        )
        return False
    state.pin(at, mine.serial, total)
    return True


# Whether this thread is watched at all


def off() -> None:
    """Ignore what this thread does from here on, until `on`. Nests. What it holds stays held."""
    state = fastpath.thread_state()
    state.off += 1
    state.mark()


def on() -> None:
    """Undo one `off`."""
    state: ThreadState = fastpath.thread_state()
    if not state.off:
        runtime.validator().misused("unbalanced lockdep.on()", "call off() first")
        return
    state.off -= 1
    state.mark()


@contextmanager
def paused() -> Iterator[None]:
    """Ignore what this thread does inside."""
    off()
    try:
        yield
    finally:
        on()
