"""Hand-offs: what a thread knows is handed over with an Event that it sets, an item of a queue, a phase of a barrier.

A cycle whose sides are ordered by one of these is potential, and not feasible. Methods are replaced without
`wrap_method`, which would cost more than the call. Cost: about 1 us where something is learned, else about 0.1 us. Of
each queue only the first FEW items are followed.
"""

from __future__ import annotations

import functools
import threading
from collections import deque
from types import ModuleType
from typing import Any

from lockdep import fastpath, runtime
from lockdep.fastpath import Handed, hand_to, handed_to, is_settled, keep_in, kept_in, stretch_goes_on
from lockdep.graph.clock import START
from lockdep.kept import kept
from lockdep.patch.attributes import hide, kept_or
from lockdep.patch.changes import Changes
from lockdep.patch.imports import after_import
from lockdep.patch.starts import begin_stretch, hand_over, learn
from lockdep.patch.starts import hand_to as first_hand_to

FEW = 64
PHASE = "Barrier.wait()"
_PHASE = "_lockdep_phase"  # the attribute of a Barrier with its Phase that is going on
ITEMS = "_lockdep_handed"  # that of a Queue with its Items; NO_MORE after the last one that is followed
NO_MORE = ()


def follow_hand_offs(changes: Changes) -> None:
    """Replace the methods of Event and Barrier, and those of Queue now or when it is imported.

    The Event and the Queue of gevent are types in C, whose methods cannot be replaced.
    """
    if threading.Event.__module__ == threading.__name__:
        follow_events(changes)
    follow_barriers(changes)
    after_import(changes, "queue", follow_queues)


def follow_events(changes: Changes) -> None:
    """Hand over to those who wait for an event, and learn from the thread that has set it."""
    set_event, wait_for = threading.Event.set, threading.Event.wait

    @functools.wraps(set_event)
    def set(self: Any) -> None:
        if not hand_to(self):
            first_hand_to(self)
        set_event(self)

    @functools.wraps(wait_for)
    def wait(self: Any, timeout: Any = None) -> bool:
        answer = wait_for(self, timeout)
        if answer and not is_settled(self):
            learn(handed_to(self), "Event.set()")
            begin_stretch()
        return answer

    hide(changes, threading.Event)
    changes.rebind(threading.Event, "set", set)
    changes.rebind(threading.Event, "wait", wait)


def follow_barriers(changes: Changes) -> None:
    """Learn from all that take part in a phase of a barrier what they knew before. Each waits for the others."""
    wait_for = threading.Barrier.wait

    @functools.wraps(wait_for)
    def wait(self: Any, timeout: Any = None) -> int:
        phase = come_to(self)
        if phase.number < FEW and changes.in_force and runtime.is_active():
            timed = timeout is not None or self._timeout is not None
            first = len(phase.handed) == 1
            runtime.validator().arrives(fastpath.thread_state(), self._cond, first=first, timed=timed)
        answer = wait_for(self, timeout)
        for handed in phase.together():
            learn(handed, PHASE)
        begin_stretch()
        return answer

    hide(changes, threading.Barrier)
    changes.rebind(threading.Barrier, "wait", wait)


@kept
class Phase:
    """What the parties of a barrier hand over that come to its next phase, and how many phases were before."""

    __slots__ = ("_together", "handed", "number")

    def __init__(self, number: int) -> None:
        self.handed: list[Handed | None] = []
        self.number: int = number
        self._together: tuple[Handed, ...] = ()

    def together(self) -> tuple[Handed, ...]:
        """Return what all parties hand over when they have come, as from the first one and from the last one.

        Nobody learns from itself, so one of these is for each. Cost: O(parties), once.
        """
        known = [] if self._together else [each for each in self.handed if each is not None]
        clock = START
        for each in known:
            clock = clock.learned(each, PHASE)
        if known:
            self._together = tuple([Handed(one.run, one.moment, clock, None, one.by) for one in (known[0], known[-1])])
        return self._together


def come_to(barrier: Any) -> Phase:
    """Hand over to the others that take part in the next phase of a barrier; return that phase."""
    phase: Phase | None = kept_in(barrier, _PHASE)
    if phase is None:
        phase = kept_or(barrier, _PHASE, Phase(0))
    phase.handed.append(hand_over())
    if len(phase.handed) >= barrier._parties:
        keep_in(barrier, _PHASE, Phase(phase.number + 1))
    return phase


def follow_queues(changes: Changes, queues: ModuleType) -> None:
    """Replace the two methods by which a Queue keeps its items, which run with its mutex held, and `task_done`."""
    if queues.Queue.__module__ != queues.__name__:
        return
    put_item, get_item, finish = queues.Queue._put, queues.Queue._get, queues.Queue.task_done

    def _put(self: Any, item: object) -> None:
        put_item(self, item)
        if handed_to(self) is not NO_MORE:
            note_put(self)

    def _get(self: Any) -> object:
        item = get_item(self)
        if handed_to(self):
            note_get(self)
        if not stretch_goes_on():
            begin_stretch()
        return item

    @functools.wraps(finish)
    def task_done(self: Any) -> None:
        if changes.in_force and runtime.is_active():
            runtime.validator().finishes(fastpath.thread_state(), self.all_tasks_done)
        finish(self)

    hide(changes, queues.Queue)
    changes.rebind(queues.Queue, "_put", _put)
    changes.rebind(queues.Queue, "_get", _get)
    changes.rebind(queues.Queue, "task_done", task_done)


@kept
class Items:
    """What was handed over with the items that are in a queue; `left` items are still to be followed."""

    __slots__ = ("handed", "left")

    def __init__(self, before: int) -> None:
        self.handed: deque[Handed | None] = deque[Handed | None]([None] * before)
        self.left: int = FEW


def note_put(queue: Any) -> None:
    """Hand over with an item. What was in the queue before the first one that is followed has nothing to hand over."""
    items: Items | None = handed_to(queue)
    if items is None:
        items = Items(len(queue.queue) - 1)
        keep_in(queue, ITEMS, items)
    if items.left:
        items.left -= 1
        items.handed.append(hand_over())


def note_get(queue: Any) -> None:
    """Learn from the thread that has put the item. After the last one that is followed, nothing is left to do."""
    items: Items = handed_to(queue)
    if items.handed:
        learn(items.handed.popleft(), "Queue.put()")
    if not items.handed and not items.left:
        keep_in(queue, ITEMS, NO_MORE)
