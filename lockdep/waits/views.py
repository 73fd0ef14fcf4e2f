"""What is to be seen of one thread at one moment: what it holds, what it waits for, where it stands."""

from __future__ import annotations

from dataclasses import dataclass

from lockdep.trace import Frame


@dataclass(frozen=True, slots=True)
class Held:
    """A lock that a thread holds: the name of its class, where it was taken, and whether for reading."""

    lock: str
    place: str
    read: bool = False


@dataclass(frozen=True, slots=True)
class Awaited:
    """What a thread waits for, for so many `seconds` until now. `lock` is its class, '' if it is no lock.

    `holder` is the name of the only thread that can end the wait, '' if there is more than one, or none is known.
    `read` says whether the lock is to be taken for reading.
    """

    what: str
    lock: str
    seconds: float
    timed: bool
    holder: str
    read: bool = False


@dataclass(frozen=True, slots=True)
class WaitingThread:
    """One thread. `waits` is None if it runs, `place` is where it stands, `stack` its frames, innermost first."""

    name: str
    held: tuple[Held, ...]
    waits: Awaited | None
    place: str
    stack: tuple[Frame, ...]
