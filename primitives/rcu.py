"""RCU: readers that never wait, and writers that wait until no reader can still see what they took away.

    config = RCUPointer(load())

    with rcu_read_side():                     reader: no lock, any number of them, nested as you like
        use(rcu_dereference(config))

    old = rcu_replace_pointer(config, load(), held)
    synchronize_rcu()                         writer: now nobody uses `old` any more; or call_rcu(close, old)
    close(old)

The names are the kernel's. A grace period waits for every section, of any flavour, that had begun before it, and for
no other; it is the thread's section that counts, not simulated bottom halves or preemption switched off by other means.
The bh flavour switches simulated bottom halves off, the sched flavour simulated preemption. In a section nothing may
sleep, and waiting for a grace period there is reported and raises DeadlockError. Uses that no section and no lock
protects are findings, told and then done all the same: nothing here can crash the interpreter, memory is Python's.

Costs, compiled: a section some 60 ns, its dereferences 30; a grace period without readers some microseconds.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from lockdep import assertions, fastpath
from lockdep.contexts import simulated
from lockdep.fastpath import DepMap
from lockdep.wait_types import CONFIG, FREE, SPIN, Traits
from primitives import _grace
from primitives._callbacks import CallbackQueue
from primitives._report import hopeless, suspicious
from primitives.atomic import AtomicRef

if TYPE_CHECKING:
    from primitives import _rcu as core
else:
    core = fastpath.load("primitives._rcu")

T = TypeVar("T")
RCU, BH, SCHED, ANY = core.constants()
NAMES = ("rcu_read_lock", "rcu_read_lock_bh", "rcu_read_lock_sched")
WORDS = ("RCU", "RCU-bh", "RCU-sched")


class ReadSide:
    """The class of read-side sections, to the validator."""

    traits = Traits(outer=FREE, inner=CONFIG)


class SchedReadSide:
    """The class of sections of the sched flavour: they spin on every kernel."""

    traits = Traits(outer=FREE, inner=SPIN)


class RCUPointer(AtomicRef[T]):
    """A pointer under RCU: read with rcu_dereference, changed with rcu_assign_pointer."""

    __slots__ = ()


class _Hooks:
    suspicious = staticmethod(suspicious)

    @staticmethod
    def make_map(flavour: int) -> DepMap:
        return DepMap(NAMES[flavour], SchedReadSide if flavour == SCHED else ReadSide)

    @staticmethod
    def unbalanced(dep_map: DepMap, flavour: int) -> NoReturn:
        dep_map.release()
        raise RuntimeError(f"{NAMES[flavour].replace('lock', 'unlock')}() outside of its read-side section")


core.connect(_Hooks)
os.register_at_fork(after_in_child=core.forked)

# The read side

rcu_read_lock = core.rcu_read_lock
rcu_read_unlock = core.rcu_read_unlock
rcu_read_side = core.rcu_read_side
rcu_dereference = core.rcu_dereference


def rcu_read_lock_bh() -> None:
    """Begin a section with simulated bottom halves off."""
    simulated.local_bh_disable()
    try:
        core.enter(BH)
    except BaseException:
        simulated.local_bh_enable()
        raise


def rcu_read_unlock_bh() -> None:
    """End it."""
    core.leave(BH)
    simulated.local_bh_enable()


def rcu_read_lock_sched() -> None:
    """Begin a section with simulated preemption off."""
    simulated.preempt_disable()
    try:
        core.enter(SCHED)
    except BaseException:
        simulated.preempt_enable()
        raise


def rcu_read_unlock_sched() -> None:
    """End it."""
    core.leave(SCHED)
    simulated.preempt_enable()


class _Side:
    def __init__(self, lock: Callable[[], None], unlock: Callable[[], None]) -> None:
        self._lock = lock
        self._unlock = unlock

    def __enter__(self) -> None:
        self._lock()

    def __exit__(self, *_: object) -> None:
        self._unlock()


_side_bh = _Side(rcu_read_lock_bh, rcu_read_unlock_bh)
_side_sched = _Side(rcu_read_lock_sched, rcu_read_unlock_sched)


def rcu_read_side_bh() -> _Side:
    """Return what `with` makes a section of the bh flavour of."""
    return _side_bh


def rcu_read_side_sched() -> _Side:
    """Return what `with` makes a section of the sched flavour of."""
    return _side_sched


def rcu_read_lock_held() -> bool:
    """Return whether this thread is in a section."""
    return core.depth(RCU) > 0


def rcu_read_lock_bh_held() -> bool:
    """Return whether this thread is in a section of the bh flavour."""
    return core.depth(BH) > 0


def rcu_read_lock_sched_held() -> bool:
    """Return whether this thread is in a section of the sched flavour."""
    return core.depth(SCHED) > 0


def rcu_read_lock_any_held() -> bool:
    """Return whether this thread is in a section of any flavour."""
    return core.depth(ANY) > 0


# Pointers


def rcu_dereference_check(pointer: AtomicRef[T], condition: object) -> T:
    """Return what a pointer refers to, in a section, or where the condition holds: `lockdep.is_held(lock)`."""
    if not condition and not core.depth(RCU):
        suspicious("suspicious rcu_dereference_check() usage")
    return pointer.read()


def rcu_dereference_bh(pointer: AtomicRef[T], condition: object = False) -> T:
    """As rcu_dereference_check, for sections of the bh flavour."""
    if not condition and not core.depth(BH):
        suspicious("suspicious rcu_dereference_bh_check() usage")
    return pointer.read()


def rcu_dereference_sched(pointer: AtomicRef[T], condition: object = False) -> T:
    """As rcu_dereference_check, for sections of the sched flavour."""
    if not condition and not core.depth(SCHED):
        suspicious("suspicious rcu_dereference_sched_check() usage")
    return pointer.read()


def rcu_dereference_protected(pointer: AtomicRef[T], condition: object) -> T:
    """Return what a pointer refers to where it cannot change, which is what the condition says."""
    if not condition:
        suspicious("suspicious rcu_dereference_protected() usage", "hold the lock that serialises the writers")
    return pointer.read()


def rcu_access_pointer(pointer: AtomicRef[T]) -> T:
    """Return what a pointer refers to, to be looked at but not into: compared, tested for None."""
    return pointer.read()


def rcu_assign_pointer(pointer: AtomicRef[T], value: T) -> None:
    """Publish a value: readers that see it see what it was made of."""
    pointer.set(value)


def rcu_replace_pointer(pointer: AtomicRef[T], value: T, condition: object) -> T:
    """Publish a value and return the one that was there. The condition as for rcu_dereference_protected."""
    if not condition:
        suspicious("suspicious rcu_dereference_protected() usage", "hold the lock that serialises the writers")
    return pointer.xchg(value)


# Grace periods


@dataclass(frozen=True, slots=True)
class RCUStatistics:
    """waiting: grace periods that somebody sleeps for. readers: threads in a section. callbacks: not yet called."""

    waiting: int
    readers: int
    callbacks: int


def statistics() -> RCUStatistics:
    """Return a picture of this moment."""
    readers, waiting = core.census()
    return RCUStatistics(waiting, readers, _callbacks.pending())


def synchronize_rcu(*, stall_after: float = _grace.STALL_SECONDS) -> None:
    """Wait until every section that has begun is over. Each `stall_after` seconds, say who is in the way."""
    _check_may_wait("synchronize_rcu")
    _wait(core.advance(), stall_after=stall_after)


def synchronize_rcu_expedited(*, stall_after: float = _grace.STALL_SECONDS) -> None:
    """The same, staying awake for a while: sooner, and dearer."""
    _check_may_wait("synchronize_rcu_expedited")
    _wait(core.advance(), stall_after=stall_after, spins=_grace.SPINS)


def get_state_synchronize_rcu() -> int:
    """Return a cookie for a grace period that begins now."""
    return core.advance()


def poll_state_synchronize_rcu(cookie: int) -> bool:
    """Return whether the grace period of the cookie is over."""
    return not core.ask(cookie)


def cond_synchronize_rcu(cookie: int) -> None:
    """Wait for the rest of the cookie's grace period."""
    _check_may_wait("cond_synchronize_rcu")
    _wait(cookie)


def call_rcu(callback: Callable[..., object], *arguments: Any) -> None:
    """Have the callback called after a grace period, on a thread of its own. Never waits."""
    _callbacks.add(callback, *arguments)


def rcu_barrier() -> None:
    """Wait until all callbacks given to call_rcu before have run."""
    _check_may_wait("rcu_barrier")
    _callbacks.barrier("rcu_barrier()")


def rcu_sleep_check() -> None:
    """Report a section in which code is about to sleep (kernel: part of might_sleep)."""
    for flavour, word in enumerate(WORDS):
        if core.depth(flavour):
            suspicious(f"Illegal context switch in {word} read-side critical section", "leave the section first")


def _check_may_wait(caller: str) -> None:
    if core.depth(ANY):
        hopeless(f"Illegal {caller}() in RCU read-side critical section", "leave the section first")
    assertions.might_sleep()


def _wait(target: int, *, stall_after: float = _grace.STALL_SECONDS, spins: int = 0) -> None:
    _grace.wait_out(
        core, lambda: core.ask(target), _describe, name="rcu", stall_after=stall_after, spins=spins,
    )  # fmt: skip


def _describe(reader: core.Reader) -> str:
    entered = reader.entered()
    return _grace.describe_thread(reader.ident, None if entered is None else entered.serial)


_callbacks = CallbackQueue("rcu", lambda: _wait(core.advance()))
