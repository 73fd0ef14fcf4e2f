"""RCU: readers that never wait, and writers that wait until no reader can still see what they have removed.

    config = RCUPointer(load())

    with rcu_read_side():                     reader: takes no lock; any number of readers, nested as you like
        use(rcu_dereference(config))

    old = rcu_replace_pointer(config, load(), held)
    synchronize_rcu()                         writer: after this nobody uses `old` any more; or call_rcu(close, old)
    close(old)

The names are the kernel's. A grace period waits for every section, of any flavour, that began before it, and for no
other. Only sections count: unlike in the kernel, disabled bottom halves or preemption alone do not. The bh flavour
disables simulated bottom halves, the sched flavour simulated preemption. Nothing may sleep in a section; waiting for a
grace period there is reported and raises DeadlockError. A use that neither a section nor a lock protects is reported
and then done: Python's memory management keeps it from crashing the interpreter.

Cost, compiled: about 60 ns for a section and 30 ns for each dereference; a grace period without readers takes some
microseconds. No lock is held while waiting.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from lockdep import assertions, fastpath
from lockdep.contexts import simulated
from lockdep.fastpath import DepMap
from lockdep.forks import at_fork
from lockdep.wait_types import CONFIG, FREE, SPIN, Traits
from primitives import _grace
from primitives._callbacks import CallbackQueue
from primitives._report import hopeless, suspicious
from primitives.atomic import AtomicRef

if TYPE_CHECKING:
    from primitives import _rcu as core
    from primitives._rcu import rcu_dereference as rcu_dereference
    from primitives._rcu import rcu_read_lock as rcu_read_lock
    from primitives._rcu import rcu_read_side as rcu_read_side
    from primitives._rcu import rcu_read_unlock as rcu_read_unlock
else:
    core = fastpath.load("primitives._rcu")

T = TypeVar("T")
RCU, BH, SCHED, ANY = core.constants()
NAMES = ("rcu_read_lock", "rcu_read_lock_bh", "rcu_read_lock_sched")
WORDS = ("RCU", "RCU-bh", "RCU-sched")


class ReadSide:
    """The kind of lock that read-side sections are to the validator."""

    traits: Traits = Traits(outer=FREE, inner=CONFIG)


class BhReadSide:
    """Like ReadSide, for the bh flavour: it switches bottom halves off, which counts already."""

    traits: Traits = Traits(outer=FREE, inner=CONFIG, counted=False)


class SchedReadSide:
    """Like ReadSide, for the sched flavour: such a section spins on every kernel."""

    traits: Traits = Traits(outer=FREE, inner=SPIN, counted=False)


KINDS = (ReadSide, BhReadSide, SchedReadSide)  # in the order of NAMES


class RCUPointer(AtomicRef[T]):
    """A pointer under RCU, to be read with rcu_dereference and changed with rcu_assign_pointer."""

    __slots__ = ()


class _Hooks:
    suspicious = staticmethod(suspicious)

    @staticmethod
    def make_map(flavour: int) -> DepMap:
        return DepMap(NAMES[flavour], KINDS[flavour])

    @staticmethod
    def unbalanced(dep_map: DepMap, flavour: int) -> NoReturn:
        dep_map.release()
        raise RuntimeError(f"{NAMES[flavour].replace('lock', 'unlock')}() outside of its read-side section")


core.connect(_Hooks)
at_fork(after_in_child=core.forked)

# The read side

if not TYPE_CHECKING:
    rcu_read_lock = core.rcu_read_lock
    rcu_read_unlock = core.rcu_read_unlock
    rcu_read_side = core.rcu_read_side
    rcu_dereference = core.rcu_dereference


def rcu_read_lock_bh() -> None:
    """Disable simulated bottom halves and begin a read-side section of the bh flavour."""
    simulated.local_bh_disable()
    try:
        core.enter(BH)
    except BaseException:
        simulated.local_bh_enable()
        raise


def rcu_read_unlock_bh() -> None:
    """End a read-side section of the bh flavour and enable bottom halves."""
    core.leave(BH)
    simulated.local_bh_enable()


def rcu_read_lock_sched() -> None:
    """Disable simulated preemption and begin a read-side section of the sched flavour."""
    simulated.count_preemption(1)
    try:
        core.enter(SCHED)
    except BaseException:
        simulated.count_preemption(-1)
        raise


def rcu_read_unlock_sched() -> None:
    """End a read-side section of the sched flavour and enable preemption."""
    core.leave(SCHED)
    simulated.count_preemption(-1)


class _FlavourSection:
    def __init__(self, lock: Callable[[], None], unlock: Callable[[], None]) -> None:
        self._lock = lock
        self._unlock = unlock

    def __enter__(self) -> None:
        self._lock()

    def __exit__(self, *_: object) -> None:
        self._unlock()


_side_bh = _FlavourSection(rcu_read_lock_bh, rcu_read_unlock_bh)
_side_sched = _FlavourSection(rcu_read_lock_sched, rcu_read_unlock_sched)


def rcu_read_side_bh() -> _FlavourSection:
    """Return the context manager of a section of the bh flavour."""
    return _side_bh


def rcu_read_side_sched() -> _FlavourSection:
    """Return the context manager of a section of the sched flavour."""
    return _side_sched


def rcu_read_lock_held() -> bool:
    """Return whether this thread is in a section of the plain flavour."""
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
    """Return the object of a pointer. Reported unless this thread is in a section or `condition` is true.

    The condition is usually `lockdep.is_held(lock)`.
    """
    if not condition and not core.depth(RCU):
        suspicious("suspicious rcu_dereference_check() usage")
    return pointer.read()


def rcu_dereference_bh(pointer: AtomicRef[T], condition: object = False) -> T:
    """Like rcu_dereference_check, for sections of the bh flavour."""
    if not condition and not core.depth(BH):
        suspicious("suspicious rcu_dereference_bh_check() usage")
    return pointer.read()


def rcu_dereference_sched(pointer: AtomicRef[T], condition: object = False) -> T:
    """Like rcu_dereference_check, for sections of the sched flavour."""
    if not condition and not core.depth(SCHED):
        suspicious("suspicious rcu_dereference_sched_check() usage")
    return pointer.read()


def rcu_dereference_protected(pointer: AtomicRef[T], condition: object) -> T:
    """Return the object of a pointer that cannot change now. Reported unless `condition`, which says why, is true."""
    if not condition:
        suspicious("suspicious rcu_dereference_protected() usage", "hold the lock that serialises the writers")
    return pointer.read()


def rcu_access_pointer(pointer: AtomicRef[T]) -> T:
    """Return the object of a pointer, to be compared or tested for None, but not to be used."""
    return pointer.read()


def rcu_assign_pointer(pointer: AtomicRef[T], value: T) -> None:
    """Publish a value: readers that see it also see everything stored before."""
    pointer.set(value)


def rcu_replace_pointer(pointer: AtomicRef[T], value: T, condition: object) -> T:
    """Publish a value and return the old one. `condition` is the same as for rcu_dereference_protected."""
    if not condition:
        suspicious("suspicious rcu_dereference_protected() usage", "hold the lock that serialises the writers")
    return pointer.xchg(value)


# Grace periods


@dataclass(frozen=True, slots=True)
class RCUStatistics:
    """The state of RCU, or of one SRCU domain, at one moment.

    waiting      grace periods that a thread waits for
    readers      threads in a section
    callbacks    callbacks that have not been called yet
    """

    waiting: int
    readers: int
    callbacks: int


def statistics() -> RCUStatistics:
    """Return the statistics of RCU at this moment."""
    readers, waiting = core.census()
    return RCUStatistics(waiting, readers, _callbacks.pending())


def synchronize_rcu(*, stall_after: float = _grace.STALL_SECONDS) -> None:
    """Wait until every section that has begun is over.

    Every `stall_after` seconds it prints which readers it still waits for. DeadlockError inside a read-side section.
    """
    _check_may_wait("synchronize_rcu")
    _wait(core.advance(), stall_after=stall_after)


def synchronize_rcu_expedited(*, stall_after: float = _grace.STALL_SECONDS) -> None:
    """Like synchronize_rcu, but poll before sleeping: lower latency, more CPU time."""
    _check_may_wait("synchronize_rcu_expedited")
    _wait(core.advance(), stall_after=stall_after, spins=_grace.SPINS)


def get_state_synchronize_rcu() -> int:
    """Begin a grace period and return a cookie for it, without waiting."""
    return core.advance()


def poll_state_synchronize_rcu(cookie: int) -> bool:
    """Return whether the grace period of the cookie is over."""
    return not core.ask(cookie)


def cond_synchronize_rcu(cookie: int) -> None:
    """Wait until the grace period of the cookie is over."""
    _check_may_wait("cond_synchronize_rcu")
    _wait(cookie)


def call_rcu(callback: Callable[..., object], *arguments: Any) -> None:
    """Call callback(*arguments) after a grace period, on a thread for callbacks. Never waits."""
    _callbacks.add(callback, *arguments)


def rcu_barrier() -> None:
    """Wait until all callbacks that were given to call_rcu before have run."""
    _check_may_wait("rcu_barrier")
    _callbacks.barrier("rcu_barrier()")


def rcu_sleep_check() -> None:
    """Report that code is about to sleep in a section (kernel: part of might_sleep)."""
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
