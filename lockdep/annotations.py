"""Annotations: what the author of a program can tell the validator about locks, or ask it (include/linux/lockdep.h).

A `lock` is a DepMap (every validated lock is one), or an object that has one as `dep_map`; a Condition stands for its
lock. For a lock that is not validated, and while tracking is off, an annotation does nothing. TypeError is raised for
an object that is no lock at all. Otherwise nothing here raises: what is used against its rules is a finding.

Cost: some microseconds for each call, unless its docstring says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from lockdep import fastpath, runtime
from lockdep.fastpath import NOCHECK, READ, RECURSIVE_READ, TRY, UNTRACKED, DepMap
from lockdep.graph.classes import LockClass, LockClassKey, registry
from lockdep.graph.comparison import InstanceComparison
from lockdep.wait_types import PLAIN, Traits

__all__ = [
    "LockClassKey", "LockMap", "WaitOverride", "downgrade", "is_held", "might_lock", "might_lock_nested",
    "might_lock_read", "not_interrupted", "off", "on", "paused", "pin", "reentrant_safe", "repin", "set_class",
    "set_notrack", "set_novalidate", "set_order", "set_subclass", "unpin",
]  # fmt: skip

COOKIES = 1 << 16  # pins are told apart by cookies from 1 to this number


class LockMap(DepMap):
    """Something that is no lock but that threads wait for: a phase, a request, work that must finish.

    Taking it only records that it is taken, and excludes nobody. With `name`, or `key`, it is of that class; otherwise
    the place where it is made is its class. Kernel: a bare struct lockdep_map with lock_map_acquire and
    lock_map_release, as workqueues and completions have it.
    """

    __slots__ = ()
    traits = PLAIN

    def __init__(self, name: str | None = None, key: object = None) -> None:
        super().__init__(name, type(self), key)

    def acquire(self, mode: int = 0, nest: object = None, subclass: int = 0) -> None:
        """Record that this thread takes it; exclusively, unless `mode` has READ or RECURSIVE_READ from fastpath.

        `nest` is a held lock that serialises those who take several maps of one class; `subclass` is 0 to 7.
        """
        self.hold(mode, nest, subclass)

    def acquire_read(self) -> None:
        """Record that this thread takes it as a recursive reader (kernel: lock_map_acquire_read)."""
        self.hold(RECURSIVE_READ)

    def try_acquire(self) -> None:
        """Record that this thread takes it without having waited (kernel: lock_map_acquire_try)."""
        self.acquired(None, TRY)

    def __enter__(self) -> LockMap:
        self.hold()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


class WaitOverride(DepMap):
    """A context manager: sets the wait context of the code inside, whatever that runs in (DEFINE_WAIT_OVERRIDE_MAP).

    `wait` is the longest wait type that is allowed inside, from lockdep.wait_types. `name` is its name in reports.
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
    """Return the DepMap of a lock, None for a lock that is not validated; TypeError for an object that is no lock.

    Cost: well below a microsecond.
    """
    for candidate in (lock, getattr(lock, "dep_map", None), getattr(lock, "_lock", None)):
        if isinstance(candidate, DepMap):
            return candidate
    if hasattr(lock, "acquire") or hasattr(lock, "_lock"):
        return None
    raise TypeError(f"expected a lock, got {type(lock).__name__}")


def is_held(lock: Any, read: int = -1) -> int:
    """Return 1 if this thread holds the lock, 0 if it does not, -1 if that is not known (kernel: lock_is_held_type).

    `read` restricts the question: 1 to holding it for reading, 0 to holding it for writing. It is not known for a lock
    that is not validated, and while tracking is off or paused. Cost: below a microsecond.
    """
    mine = dep_map(lock)
    return -1 if mine is None else mine.is_held(read)


# How a lock may be taken here


def might_lock(lock: Any, subclass: int = 0) -> None:
    """Record that the lock may be taken here, although it is not taken in this run (kernel: might_lock).

    The dependencies of taking it are learned and judged. `subclass` is 0 to 7.
    """
    _might(lock, 0, subclass)


def might_lock_read(lock: Any) -> None:
    """Record that the lock may be taken for reading here (kernel: might_lock_read)."""
    _might(lock, READ, 0)


def might_lock_nested(lock: Any, subclass: int) -> None:
    """Record that the lock may be taken here as this subclass, 0 to 7 (kernel: might_lock_nested).

    It is recorded as taken exclusively; the kernel's macro records a read.
    """
    _might(lock, 0, subclass)


def _might(lock: Any, mode: int, subclass: int) -> None:
    mine = dep_map(lock)
    if mine is not None:
        mine.hold(mode, None, subclass)
        DepMap.release(mine)  # not the release of the lock's own type: the lock was never taken


# Which class a lock belongs to


def set_class(lock: Any, key: object, name: str | None = None) -> None:
    """Put a lock into the class of a key (kernel: lockdep_set_class, lock_set_class).

    `key` is a LockClassKey, or anything hashable. `name` is the name of the class in reports, by default that of the
    old class; a second name for the same key is a finding. If this thread holds the lock, it and all that was taken
    after it are validated again under the new class.
    """
    mine = dep_map(lock)
    if mine is not None and mine.entry is not UNTRACKED:
        old = mine.entry.lock_class
        made = registry.register_named(old.kind, old.name if name is None else name, key, old.traits)
        _reclass(mine, made)
        runtime.validator().report_clashes()


def set_subclass(lock: Any, number: int) -> None:
    """Make a lock one of subclass `number` of its class, 0 to 7, from now on (kernel: lockdep_set_subclass).

    Another number is a finding, and the lock goes to the class itself. If this thread holds the lock, it and all that
    was taken after it are validated again.
    """
    mine = dep_map(lock)
    if mine is not None and mine.entry is not UNTRACKED:
        _reclass(mine, runtime.validator().subclass(mine.entry.lock_class.base, number))


def _reclass(mine: DepMap, lock_class: LockClass) -> None:
    thread = fastpath.thread_state()
    at = thread.find(mine.serial)
    mine.entry = lock_class.entry(mine.entry.mode)
    mine.hint = fastpath.NOWHERE
    if at:
        thread.retake(at, lock_class.entry(thread.chains()[at - 1].entry.mode))


def set_novalidate(lock: Any) -> None:
    """Record no dependencies of this lock from now on (kernel: lockdep_set_novalidate_class).

    It is still listed as held, and still counts for assertions and for the wait context.
    """
    mine = dep_map(lock)
    if mine is not None and mine.entry is not UNTRACKED:
        mine.entry = mine.entry.lock_class.entry(NOCHECK)
        mine.hint = fastpath.NOWHERE


def set_notrack(lock: Any) -> None:
    """Stop tracking this lock in every way (kernel: lockdep_set_notrack_class). Must not be called while it is held."""
    mine = dep_map(lock)
    if mine is not None:
        mine.entry = UNTRACKED
        mine.hint = fastpath.NOWHERE


def set_order(lock: Any, compare: Callable[[Any, Any], int], describe: Callable[[Any], str] | None = None) -> None:
    """Allow a lock of this lock's class to be taken under another one if compare(held, new) < 0 (lock_set_cmp_fn).

    `compare` and `describe` are called with the objects given here as `lock`; `describe` returns the text that a report
    shows for one. Call this for each lock of the class, with the same comparison; a second comparison is a finding.
    Both callbacks run on the slow path of an acquisition; an exception from them counts as no answer.
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


# What may interrupt the holder of a lock


def reentrant_safe(lock: Any, reason: str) -> None:
    """Say that signal handlers and finalizers take this lock only where that cannot stop its own thread.

    `reason` says how that is made sure: for example by a flag that the handler asks before it takes the lock. It is
    kept with the class of the lock, for all locks that are made at the same place. ValueError if it is empty.
    """
    if not reason.strip():
        raise ValueError("a lock needs a reason to be safe")
    mine = dep_map(lock)
    if mine is not None and mine.entry is not UNTRACKED:
        mine.entry.lock_class.base.reentrant = reason


@contextmanager
def not_interrupted() -> Iterator[None]:
    """Say that no signal handler and no finalizer interrupts the code inside the `with` block.

    Locks that are taken inside may be shared with them. What makes sure of it is up to the program: it has blocked
    signals by other means than signal.pthread_sigmask, for example.
    """
    thread = fastpath.thread_state()
    outer, running = thread.steady, thread.running
    try:
        thread.steady = True
        if running > 0:
            thread.switch_run(fastpath.new_serial())
        yield
    finally:
        thread.steady = outer
        if running > 0:
            thread.switch_run(running)


# What is held, and how


def downgrade(lock: Any) -> None:
    """Record that this thread now holds for reading a lock that it held for writing (kernel: lock_downgrade).

    The locks taken after it are validated again. A finding if the lock is not held, or is held for reading already.
    """
    mine = dep_map(lock)
    thread = fastpath.thread_state()
    if mine is None or not thread.settle():
        return
    at = thread.find(mine.serial)
    if not at:
        runtime.validator().misuse(thread, mine)
        return
    entry = thread.chains()[at - 1].entry
    if entry.mode & (READ | RECURSIVE_READ):
        runtime.validator().misused("downgrading a read lock", "only a writer can be downgraded", entry.lock_class)
    else:
        thread.retake(at, entry.lock_class.entry(entry.mode | READ))


def pin(lock: Any) -> int:
    """Report each release of this held lock until it is unpinned; return the cookie for unpin (kernel: lock_pin_lock).

    A lock may be pinned several times, and then has to be unpinned with each cookie. Returns 0, and pins nothing, if
    the lock is not held (a finding) or is not tracked.
    """
    cookie = 1 + fastpath.new_serial() % COOKIES
    return cookie if _pin(lock, cookie, "pinning an unheld lock") else 0


def repin(lock: Any, cookie: int) -> None:
    """Pin a held lock again with the cookie of an earlier pin that was undone (kernel: lock_repin_lock)."""
    _pin(lock, cookie, "pinning an unheld lock")


def unpin(lock: Any, cookie: int) -> None:
    """Undo the pin that returned this cookie (kernel: lock_unpin_lock). A finding if there is no such pin."""
    _pin(lock, -cookie, "unpinning an unheld lock")


def _pin(lock: Any, change: int, not_held: str) -> bool:
    mine, thread = dep_map(lock), fastpath.thread_state()
    if mine is None or not change or mine.is_held() < 0:
        return False
    at = thread.find(mine.serial)
    problem, total = not_held, 0
    if at:
        old = (thread.pins or {}).get(mine.serial, 0)
        total = old + change
        problem = "" if total >= 0 else "pin count corrupted" if old else "unpinning an unpinned lock"
    if problem:
        runtime.validator().misused(
            problem, "pin what is held, unpin with the cookie of the pin", mine.entry.lock_class
        )
        return False
    thread.pin(at, mine.serial, total)
    return True


# Whether this thread is watched at all


def off() -> None:
    """Ignore what this thread does with locks from now on, until `on` (kernel: lockdep_off). Nests.

    What the thread holds stays listed as held.
    """
    thread = fastpath.thread_state()
    thread.off += 1
    thread.mark()


def on() -> None:
    """Undo one `off` (kernel: lockdep_on). A finding if there was none."""
    thread = fastpath.thread_state()
    if not thread.off:
        runtime.validator().misused("unbalanced lockdep.on()", "call off() first")
        return
    thread.off -= 1
    thread.mark()


@contextmanager
def paused() -> Iterator[None]:
    """Ignore what this thread does with locks inside the `with` block."""
    off()
    try:
        yield
    finally:
        on()
