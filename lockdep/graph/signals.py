"""What a condition knows of its signallers and waiters: which locks each of them needs, or holds.

A thread that waits while it holds a lock, for a signal that is only ever given by others who need that lock, waits for
ever. The caller holds the lock of the condition.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from lockdep.fastpath import READ, RECURSIVE_READ, TIMED, Sighting, Told

FEW = 16  # signallers and waiters that are kept; a condition with more signallers is not judged
MOST_TASKS = 64  # of a queue, that are looked at
SHARED = READ | RECURSIVE_READ

Locks = Mapping[int, int]  # how locks are held: serial -> mode


class Need(NamedTuple):
    """How a lock was taken for a signal. `held`: it still was when the signal was given, each time.

    `seen` is then one of these times, else the time when it was taken.
    """

    mode: int
    held: bool
    seen: Sighting


Needs = Mapping[int, Need]  # by the serial of the lock


class Signaller(NamedTuple):
    """A thread that signals, and the locks that it has needed each time, or any time for the tasks of a queue."""

    thread: int
    name: str
    needs: Needs

    def hinders(self, serial: int, mode: int) -> bool:
        """Return whether it cannot signal while another thread holds this lock."""
        return serial in self.needs and not (mode & SHARED and self.needs[serial].mode & SHARED)


class Sleeper(NamedTuple):
    """A thread that waits, or has waited, while it held locks. `awaited` and `place` say for what."""

    thread: int
    name: str
    locks: Locks
    seen: Sighting
    awaited: str
    place: str
    timed: bool


class Hindered(NamedTuple):
    """A lock that others need to signal, and one of these. `held`: all of them held it when they signalled."""

    serial: int
    signaller: Signaller
    held: bool


class Signals(Told):
    """The signallers and waiters of one condition, whose own lock is `own`. `world` is where they were seen.

    One that tells the end of all `tasks` needs what any of its signallers needs, others what all of them do. `free`
    says that whoever waits, somebody else has signalled without any lock, or that there are too many to know.
    """

    __slots__ = ()
    free: bool
    signallers: dict[int, Signaller]
    sleepers: list[Sleeper]

    def note_signal(self, thread: int, name: str, needs: Needs, *, sure: bool) -> bool:
        """Note what a thread needed for a signal; if not `sure`, perhaps more. Return whether this is news."""
        if self.idle == thread:
            return False
        known = self.signallers.get(thread)
        if known is not None:
            needs = any_of(known.needs, needs) if self.tasks else all_of(known.needs, needs, sure=sure)
            if needs == known.needs:
                return False
        if needs or self.tasks:
            self.signallers[thread] = Signaller(thread, name, needs)
        else:
            self._note_idle(thread)
        self.free = self.free or len(self.signallers) + (self.idle != 0) > FEW
        return True

    def is_steady(self, thread: int) -> bool:
        """Return whether a thread has held all that it needed at each of its signals."""
        known = self.signallers.get(thread)
        return known is not None and all(need.held for need in known.needs.values())

    def _note_idle(self, thread: int) -> None:
        self.signallers.pop(thread, None)
        self.free = self.free or self.idle != 0
        self.idle = thread

    def add_sleeper(self, sleeper: Sleeper) -> bool:
        """Note a thread that waits; return whether that is new."""
        for known in self.sleepers:
            if (known.thread, known.locks, known.timed) == (sleeper.thread, sleeper.locks, sleeper.timed):
                return False
        if len(self.sleepers) < FEW:
            self.sleepers.append(sleeper)
        return True

    def hindered(self, sleeper: Sleeper) -> Iterator[Hindered]:
        """Yield the locks of a waiter that the others need who have signalled."""
        return self._needed(sleeper, sleeper.locks)

    def needed(self, sleeper: Sleeper) -> Iterator[Hindered]:
        """Yield the locks that the others need who have signalled, whoever holds them."""
        return self._needed(sleeper, {serial: 0 for one in list(self.signallers.values()) for serial in one.needs})

    def _needed(self, sleeper: Sleeper, locks: Locks) -> Iterator[Hindered]:
        """Yield those of these locks, held in these modes, that all others need who have signalled."""
        others = [one for one in list(self.signallers.values()) if one.thread != sleeper.thread]
        count = len(others) + (self.idle not in (0, sleeper.thread))
        for serial, mode in locks.items() if others and not self.free else ():
            needing = [one for one in others if one.hinders(serial, mode)]
            if len(needing) == count or (needing and self.tasks):
                held = len(needing) == count and all(one.needs[serial].held for one in needing)
                yield Hindered(serial, needing[0], held)


def all_of(old: Needs, new: Needs, *, sure: bool) -> Needs:
    """Return what was needed for both of two signals. If not `sure`, the second may have needed more."""
    kept = {serial: need._replace(held=need.held and new[serial].held) for serial, need in old.items() if serial in new}
    return kept if sure else {serial: kept.get(serial, need._replace(held=False)) for serial, need in old.items()}


def any_of(old: Needs, new: Needs) -> Needs:
    """Return what was needed for one of two signals."""
    return {
        serial: need._replace(held=need.held and serial in old and serial in new and new[serial].held)
        for serial, need in {**new, **old}.items()
    }


def is_timed(sleeper: Sleeper, hindered: Hindered) -> bool:
    """Return whether one of the two gives up after some time."""
    return sleeper.timed or bool(hindered.signaller.needs[hindered.serial].mode & TIMED)
