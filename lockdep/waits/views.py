"""What is to be seen of one thread at one moment: what it holds, what it waits for, where it stands."""

from __future__ import annotations

from dataclasses import dataclass

from lockdep.trace import Frame


@dataclass(frozen=True, slots=True)
class Held:
    """A lock that a thread holds: the name of its class, where it was taken, and whether for reading.

    `shared` is the identity of a lock that other processes can hold, too, the same in all of them; else ''.
    """

    lock: str
    place: str
    read: bool = False
    shared: str = ""


@dataclass(frozen=True, slots=True)
class Awaited:
    """What a thread waits for, for so many `seconds` until now. `lock` is its class, '' if it is no lock.

    `holder` is the name of the only thread that can end the wait, '' if there is more than one, or none is known.
    `read` says whether the lock is to be taken for reading. `shared` is as for Held. `ender` is the serial of the
    holder, 0 if it has no name, and `number` that of the wait: no other wait of this process has it. `process` is the
    number of the process whose end is waited for, 0 if it is none.
    """

    what: str
    lock: str
    seconds: float
    timed: bool
    holder: str
    read: bool = False
    shared: str = ""
    ender: int = 0
    number: int = 0
    process: int = 0


@dataclass(frozen=True, slots=True)
class WaitingThread:
    """One thread. `waits` is None if it runs, `place` is where it stands, `stack` its frames, innermost first.

    `serial` is that of no other thread of this process, 0 if it has never used a lock of ours.
    """

    name: str
    held: tuple[Held, ...]
    waits: Awaited | None
    place: str
    stack: tuple[Frame, ...]
    serial: int = 0
