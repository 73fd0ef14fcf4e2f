"""Deadlocks between processes, from the pictures of all of them.

A thread that waits for a shared lock can be let go by whoever holds it, in any process; one that waits for something
else, by the only thread that can end that wait. All others are alive: threads that run or wait with a timeout, and
those of whose wait it is not known who could end it. Alive is, too, whoever an alive thread can let go (theory:
reduction of a resource graph, Holt 1972). The others wait for each other. Who waits for the end of a process waits for
its main thread.

Of a shared lock it is known who can release it only if as many threads are seen to hold it as can hold it at once, and
nobody has ever released it without holding it.

The pictures are of different moments. So a deadlock counts only if two rounds of them, the second one begun after the
first one had ended, show it with the same waits: between the rounds all of them went on at once.

Cost: O(threads * rounds of the reduction).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from lockdep.live.pictures import Picture
from lockdep.waits.shared import LockState
from lockdep.waits.views import Awaited, WaitingThread


class Node(NamedTuple):
    """A thread of a process."""

    pid: int
    serial: int


Circle = tuple[Node, ...]  # each waits for the next one, the last one for the first
Enders = Mapping[Node, tuple[Node, ...]]
UNKNOWN: tuple[Node, ...] = ()


class Crowd:
    """The threads of several processes, and who holds which of the locks that they share."""

    def __init__(self, pictures: Sequence[Picture]) -> None:
        self.threads: dict[Node, WaitingThread] = {
            Node(one.pid, thread.serial): thread for one in pictures for thread in one.threads
        }
        self.holders: dict[str, list[Node]] = {}
        for node, thread in self.threads.items():
            for identity in dict.fromkeys(held.shared for held in thread.held if held.shared):
                self.holders.setdefault(identity, []).append(node)
        self._mains = {one.pid: Node(one.pid, one.main) for one in pictures if Node(one.pid, one.main) in self.threads}
        self._states: dict[str, list[LockState]] = {}
        for one in pictures:
            for identity, state in one.locks.items():
                self._states.setdefault(identity, []).append(state)

    def wait_of(self, node: Node) -> Awaited | None:
        """Return what a thread waits for."""
        return self.threads[node].waits

    def enders(self, node: Node) -> tuple[Node, ...]:
        """Return the threads any of which can let this one go; UNKNOWN if it runs, or if it is not known who can."""
        wait = self.threads[node].waits
        if wait is None or wait.timed:
            return UNKNOWN
        if wait.shared:
            holders = tuple(self.holders.get(wait.shared, ()))
            return holders if self._is_taken(wait.shared, len(holders)) else UNKNOWN
        if wait.process:
            main = self._mains.get(wait.process)
            return UNKNOWN if main is None else (main,)
        return (Node(node.pid, wait.ender),) if wait.ender else UNKNOWN

    def _is_taken(self, identity: str, holders: int) -> bool:
        """Return whether these are all who can release a lock."""
        states = self._states.get(identity, [])
        if not states or any(state.crossed or state.free > 0 for state in states):
            return False
        return holders >= max(state.units for state in states)


def stuck_threads(crowd: Crowd) -> Enders:
    """Return the threads that nobody who is alive can let go, each with those that could."""
    stuck = {node: enders for node in crowd.threads if (enders := crowd.enders(node)) is not UNKNOWN}
    before = -1
    while len(stuck) != before:
        before = len(stuck)
        stuck = {node: enders for node, enders in stuck.items() if all(one in stuck for one in enders)}
    return stuck


def circles(crowd: Crowd) -> list[Circle]:
    """Return the circles among the threads that cannot be let go, each thread in at most one of them.

    Left out are those without a shared lock, which the process tells itself, and threads that wait for themselves: a
    Lock may be released by another process.
    """
    stuck = stuck_threads(crowd)
    found, seen = [], set[Node]()
    for start in stuck:
        way = way_from(start, stuck, seen)
        seen.update(way)
        if way and (ends := stuck[way[-1]][0]) in way:
            circle = tuple(way[way.index(ends) :])
            if len(circle) > 1 and any(is_shared(crowd, node) for node in circle):
                found.append(circle)
    return found


def way_from(start: Node, stuck: Enders, seen: set[Node]) -> list[Node]:
    """Return the threads that wait for each other from this one on, up to one that comes again or was seen before."""
    way: list[Node] = []
    node = start
    while node not in seen and node not in way:
        way.append(node)
        node = stuck[node][0]
    return way


def is_shared(crowd: Crowd, node: Node) -> bool:
    """Return whether a thread waits for a lock that other processes can hold."""
    wait = crowd.wait_of(node)
    return wait is not None and bool(wait.shared)


def lasting(before: Crowd, now: Crowd) -> Iterator[Circle]:
    """Yield the circles that both rounds show, with the same waits of all who could let somebody in them go."""
    earlier, stuck = stuck_threads(before), stuck_threads(now)
    for circle in circles(now):
        behind = reachable(circle, stuck)
        if all(node in earlier and number_of(before, node) == number_of(now, node) for node in behind):
            yield circle


def reachable(circle: Circle, stuck: Enders) -> set[Node]:
    """Return the threads of a circle, those that could let them go, those that could let these go, and so on."""
    found, left = set[Node](), list(circle)
    while left:
        node = left.pop()
        if node not in found:
            found.add(node)
            left += stuck[node]
    return found


def number_of(crowd: Crowd, node: Node) -> int:
    """Return the number of a thread's wait, 0 if it does not wait."""
    thread: WaitingThread | None = crowd.threads.get(node)
    return 0 if thread is None or thread.waits is None else thread.waits.number
