"""A thread that serves others, one request after the other: that of an event loop, or the only worker of a pool.

Who waits for one request waits for those in front of it, too. Which ones these are is chance, so a wait depends on all
that the thread takes for any of them, also later.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import NamedTuple

from lockdep import fastpath, runtime
from lockdep.fastpath import Entry, Sighting, ThreadState
from lockdep.graph.runs import Run
from lockdep.kept import kept
from lockdep.patch.joins import joined

MOST_WAITS = 16  # for requests to one server, that are remembered
MOST_TAKEN = 256  # locks that the only worker of a pool took for different submitters, that are remembered

Judge = Callable[[ThreadState, Run], None]
Took = dict[int | Entry, Sighting]


@kept
class Server:
    """A thread that serves since now, in the run `record`, as `name` calls it."""

    __slots__ = ("_judged", "_name", "_since", "_waits", "record")

    def __init__(self, record: Run, name: str) -> None:
        self.record: Run = record
        self._name: str = name
        self._since: int = fastpath.new_serial()
        self._waits: dict[Hashable, tuple[Awaited, int, Judge]] = {}
        self._judged: int = 0  # what `size` was when the waits were judged

    def size(self) -> int:
        """Return a number that grows if the thread takes another lock."""
        return len(self.record.took)

    def took_before(self, _awaited: Awaited, _waiter: int) -> Took:
        """Return what the thread has taken for requests that could be in front of this one."""
        return {key: seen for key, seen in self.record.took.items() if seen.stamp > self._since}

    def run_for(self, awaited: Awaited, waiter: int) -> Run:
        """Return a run that has taken what the thread has taken meanwhile, under the name of one request."""
        took = self.took_before(awaited, waiter)
        run = self.record.part(lambda: awaited.name, lambda: awaited.place, took)
        run.taker = self._name
        return run

    def remember(self, awaited: Awaited, state: ThreadState, *, timed: bool) -> None:
        """Remember that the running thread has waited, if it holds locks."""
        key = awaited.place, timed, frozenset([serial for _, serial in state.held()])
        if key not in self._waits and len(self._waits) < MOST_WAITS:
            judge = runtime.validator().seen_wait(state, timed=timed)
            if judge is not None:
                self._waits[key] = awaited, state.serial, judge

    def judge_again(self) -> None:
        """Judge the remembered waits, if the thread has taken other locks since."""
        size = self.size()
        if size != self._judged and runtime.is_active():
            self._judged = size
            for awaited, waiter, judge in list(self._waits.values()):
                judge(fastpath.thread_state(), self.run_for(awaited, waiter))


@kept
class OnlyWorker(Server):
    """The only worker of a pool.

    An item of the waiter's own is in front only if it was submitted before and its end is not known to the waiter when
    that submits the next one. Items that others submit can always be in front.
    """

    __slots__ = ("_taken",)

    def __init__(self, record: Run) -> None:
        super().__init__(record, "the only worker of its pool")
        # by the thread that has submitted the item, and the lock: how the last item took it
        self._taken: dict[tuple[int, int | Entry], tuple[Sighting, int]] = {}

    def size(self) -> int:
        """Return how many locks it took, for different submitters."""
        return len(self._taken)

    def note(self, run: Run) -> None:
        """Note what an item has taken until now. Cost: proportional to that."""
        submitter = 0 if run.task is None else run.task.submitter
        for key, seen in run.took.items():
            if (submitter, key) in self._taken or len(self._taken) < MOST_TAKEN:
                self._taken[submitter, key] = seen, run.serial
        self.judge_again()

    def took_before(self, awaited: Awaited, waiter: int) -> Took:
        """Return what it has taken for items that could be in front of this one."""
        return {
            key: seen
            for (submitter, key), (seen, run) in list(self._taken.items())
            if submitter != waiter or (awaited.run is not None and in_front(awaited.run, run, seen))
        }


def in_front(awaited: Run, run: int, seen: Sighting) -> bool:
    """Return whether the run `run`, of an item by the same submitter, came before it and had perhaps not ended then."""
    clock = awaited.course.clock
    return run < awaited.serial and run not in clock.known and clock.dropped < seen.stamp


class Awaited(NamedTuple):
    """A request that a thread waits for: its name, the place where its code begins, and its run if it has one."""

    server: Server
    name: str
    place: str
    run: Run | None = None


def wait_ended(awaited: Awaited, *, timed: bool, known: bool) -> None:
    """Judge a wait for a request that has been served; `known` says that this thread knew that it had been."""
    server, state = awaited.server, fastpath.thread_state()
    if server.record.thread == state.serial:
        return
    if not known and state.chain.depth:
        joined(server.run_for(awaited, state.serial), timed=timed)
        server.remember(awaited, state, timed=timed)
    server.judge_again()
