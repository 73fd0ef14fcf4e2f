"""Locks that Python's own handlers take, and ordinary code as well: signal handlers and finalizers.

They are judged lock by lock, not by classes: a lock that only a dying object owns, or only a handler, is safe. A
handler is dangerous if ordinary code that it can interrupt takes the same lock. For a finalizer, that has to happen
after it: then the lock has survived the object. Try-locks of a handler are safe, and an RLock is free for its own
thread.

The caller holds the graph lock.
"""

from __future__ import annotations

from typing import NamedTuple

from lockdep.fastpath import (
    BY_MAIN,
    ENTERED,
    HAS_GIL,
    IN_COLLECTION,
    IN_DROP,
    IN_SIGNAL,
    READ_BY_MAIN,
    RECURSIVE_READ,
    TIMED,
)
from lockdep.graph.usage_table import UsageTable
from lockdep.trace import NO_STACK, StackTrace
from lockdep.validator.acquisition import Acquisition
from lockdep.violations.book import FindingBook
from lockdep.violations.interrupts import Interruption
from lockdep.violations.usage import InconsistentState
from lockdep.vocabulary.context import COUNTED
from lockdep.vocabulary.grades import LATENT, POTENTIAL, STALL
from lockdep.vocabulary.states import FINALIZER, SIGNAL, State

MOST_LOCKS = 4096  # that handlers took, and that are remembered
KINDS = ((IN_SIGNAL, SIGNAL), (IN_COLLECTION, FINALIZER), (IN_DROP, FINALIZER))
FINALIZERS = ("__del__", "finalize.__call__", "Finalize.__call__")  # how the names of functions end that finalize
SAME = "the same lock is taken inside the handler and by the code that it interrupts"

COUNTED_ONLY = LATENT, "the same lock is taken by ordinary code; only a reference count has run the finalizer so far"
ELSEWHERE = POTENTIAL, f"{SAME}, since another thread may drop the object"


class Taken(NamedTuple):
    """Where a handler took a lock, and what ran the handler: one of KINDS."""

    kind: int
    stack: StackTrace
    mode: int
    interruption: Interruption


class Interrupts:
    """The locks that were taken inside handlers: (serial, kind) -> number of the signal, or 0 -> where first.

    Threads judge what they have seen at moments of their own. So what ordinary code takes may be judged before that
    which a handler has taken earlier: it is kept until then.
    """

    def __init__(self, usage: UsageTable, book: FindingBook) -> None:
        self._usage = usage
        self._book = book
        self._taken: dict[tuple[int, int], dict[int, Taken]] = {}
        self._early: dict[tuple[int, int], Acquisition] = {}

    def crossed(self, new: Acquisition, crossed: int) -> None:
        """Judge a sighting whose `crossed` is not 0."""
        if new.lock_class.kind == "RLock" or new.lock_class.base.reentrant:
            return
        if crossed & ENTERED and crossed > 0:
            self._entered(new, crossed)
            return
        for kind, state in KINDS:
            if -crossed & kind:
                self._left(new, state, kind)

    def _entered(self, new: Acquisition, marks: int) -> None:
        """Note that a handler takes a lock; judge it, if the main thread took it before."""
        state = new.context.inside[0]
        bit = state.bit(inside=True, read=bool(new.mode & 3))
        interruption = interruption_of(new)
        self._usage.mark(new.lock_class, bit, new.stack)
        kind = IN_SIGNAL if state is SIGNAL else IN_DROP if new.context.handler == COUNTED else IN_COLLECTION
        if len(self._taken) >= MOST_LOCKS:
            return
        known = self._taken.setdefault((new.serial, kind), {})
        if new.context.signal in known:
            return
        taken = known[new.context.signal] = Taken(kind, new.stack, new.mode, interruption)
        if state is SIGNAL and self._excluded(new, marks):
            ordinary = SIGNAL.bit(inside=False, read=not marks & BY_MAIN)
            stack = self._usage.stack(new.lock_class, ordinary)
            self._register(InconsistentState(
                new.lock_class, new.mode, ordinary, bit, stack, new.where(), interruption
            ), taken)  # fmt: skip
        early = self._early.pop((new.serial, kind), None)
        if early is not None:
            self._left(early, state, kind)

    def _left(self, new: Acquisition, state: State, kind: int) -> None:
        """Judge a lock that ordinary code takes, and that a handler of this state took before."""
        known = self._taken.get((new.serial, kind), {})
        if not known and len(self._early) < MOST_LOCKS:
            self._early[new.serial, kind] = new
            return
        taken = next((one for number, one in known.items() if number not in new.context.blocked), None)
        if taken is None or not self._exclude(taken.mode, new):
            return
        inside = state.bit(inside=True, read=bool(taken.mode & 3))
        ordinary = state.bit(inside=False, read=bool(new.mode & 3))
        self._usage.mark(new.lock_class, ordinary, new.stack)
        self._register(InconsistentState(
            new.lock_class, new.mode, inside, ordinary, taken.stack, new.where(), taken.interruption
        ), taken)  # fmt: skip

    def _excluded(self, new: Acquisition, marks: int) -> bool:
        """Return whether what a handler takes may be kept from it by what the main thread has taken."""
        if not new.mode & 3:
            return bool(marks & (BY_MAIN | READ_BY_MAIN))
        return bool(marks & BY_MAIN) and self._usage.is_written(new.lock_class)

    def _exclude(self, inside: int, new: Acquisition) -> bool:
        """Return whether a lock that ordinary code takes keeps a handler waiting that takes it in the mode `inside`.

        A reader waits for a reader only if it is not a recursive one, and a writer waits in between.
        """
        if not inside & 3 or not new.mode & 3:
            return True
        return not (inside | new.mode) & RECURSIVE_READ and self._usage.is_written(new.lock_class)

    def _register(self, violation: InconsistentState, taken: Taken) -> None:
        if taken.mode & TIMED:
            self._book.register(violation, STALL, f"{SAME}, but the handler waits with a timeout")
        elif taken.kind == IN_DROP:
            self._book.register(violation, *(COUNTED_ONLY if HAS_GIL else ELSEWHERE))
        else:
            self._book.register(violation, POTENTIAL, SAME)


def interruption_of(new: Acquisition) -> Interruption:
    """Return what interrupted the thread, and where that stood.

    The frame of a signal handler is known by its code, that of a finalizer by its name: the outermost one.
    """
    context, steps = new.context, new.stack.steps
    at = 0
    for index, step in enumerate(steps, 1):
        if step.source() is context.code if context.code is not None else step.function.endswith(FINALIZERS):
            at = index
    by = context.handler
    if at and context.code is None:
        by = f"{steps[at - 1].function}, run by {by}"
    return Interruption(by, StackTrace(steps[at:]) if at else NO_STACK)
