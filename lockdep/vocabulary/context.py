"""The context of one thread: which handlers it is running, and which states of the STATE table cannot interrupt it.

Data without side effects. Only the engine in contexts/ changes it, and only for the thread that runs.
"""

from __future__ import annotations

from typing import NamedTuple

from lockdep.trace import StackTrace
from lockdep.vocabulary.record import record
from lockdep.vocabulary.states import STATES, State
from lockdep.wait_types import MAX

Derived = tuple[tuple[State, ...], tuple[State, ...], int]  # the states inside, those enabled, the bits for modes
_derived: dict[tuple[int, ...], Derived] = {}  # by the counts of a context: they are few, and asked for at each switch


COUNTED = "a reference count"  # what runs a finalizer, if not the collector
Scene = tuple["Context", object, int]  # a context, the key of its root, and what the modes of locks get in it


class Switch(NamedTuple):
    """The last time that a thread switched a state on (or off, by `on`): which of its switches, and where."""

    state: State
    on: bool
    number: int
    stack: StackTrace


class Handler(NamedTuple):
    """A running handler: its state, its wait type, and `off` of the context as it was before the handler."""

    state: State
    wait: int
    before: tuple[int, ...]


@record
class ContextSummary:
    """A copy of a Context for a report. `depths` and `off` have a count for each state, in the order of the table."""

    depths: tuple[int, ...]
    off: tuple[int, ...]
    preempt: int = 0
    event: int = 0
    switches: tuple[Switch, ...] = ()

    def depth(self, state: State) -> int:
        """Return how many handlers of this state are running."""
        return self.depths[state.number]

    @property
    def inside(self) -> tuple[State, ...]:
        """The states whose handlers are running, in the order of the table."""
        return tuple(state for state in STATES if self.depth(state))

    def is_on(self, state: State) -> bool:
        """Return whether this state is not switched off by itself, whatever it is behind."""
        return not self.off[state.number]

    def concerns(self, state: State) -> bool:
        """Return whether this state was ever entered or switched in this thread, so that a report should tell."""
        switched = any(switch.state is state for switch in self.switches)
        return switched or self.depth(state) > 0 or self.is_on(state) != state.on


class Context:
    """What one thread is inside of, and what is switched off in it.

    `handler` names what interrupts the thread in a context of Python's own ("the handler of SIGTERM"), and `code` is
    what it runs, if that is known. Such a context never changes.

    `signal` is the number of the signal whose handler it is. `blocked` has the numbers of signals that cannot interrupt
    this ordinary code, while others can.

    `handlers` has the running handlers, innermost last. `depths` counts them for each state, and `off` how often a
    state is switched off (it can come only at 0), both in the order of the table. `event` counts the switches.
    """

    __slots__ = (
        "blocked", "code", "depths", "event", "handler", "handlers", "off", "preempt_depth", "signal", "switches",
    )  # fmt: skip

    def __init__(self) -> None:
        self.handlers: list[Handler] = []
        self.depths: list[int] = [0] * len(STATES)
        self.off: list[int] = [int(not state.on) for state in STATES]
        self.preempt_depth: int = 0
        self.event: int = 0
        self.handler: str = ""
        self.signal: int = 0
        self.blocked: frozenset[int] = frozenset()
        self.code: object = None
        self.switches: dict[tuple[State, bool], tuple[int, StackTrace]] = {}

    @property
    def inside(self) -> tuple[State, ...]:
        """The states whose handlers are running, in the order of the table."""
        return self._derived()[0]

    @property
    def enabled(self) -> tuple[State, ...]:
        """The states that could interrupt the thread now, in the order of the table."""
        return self._derived()[1]

    def _derived(self) -> Derived:
        counts = (*self.depths, *self.off)
        found = _derived.get(counts)
        if found is None:
            inside = tuple(state for state in STATES if self.depths[state.number])
            enabled = tuple(state for state in STATES if not any(self.off[masked.number] for masked in state.masked))
            found = _derived[counts] = (inside, enabled, sum(state.mode for state in inside))
        return found

    @property
    def wait(self) -> int:
        """The longest wait type that is allowed here as far as handlers go (kernel: task_wait_context)."""
        return min([handler.wait for handler in self.handlers]) if self.handlers else MAX

    @property
    def atomic(self) -> bool:
        """Whether this code must not sleep: preemption or an atomic state is off, or an atomic handler runs."""
        if self.preempt_depth > 0 or not (any(self.depths) or any(self.off)):
            return self.preempt_depth > 0
        counts = zip(STATES, self.depths, self.off, strict=True)
        return any(state.atomic and (depth or off) for state, depth, off in counts)

    def root(self) -> tuple[object, int]:
        """Return what tells this context's chains from those of others, and what the mode of each lock taken here gets.

        None and 0 in ordinary code.
        """
        inside, enabled, mode = self._derived()
        preemptible = self.preempt_depth == 0
        if not inside and enabled == ORDINARY_STATES and preemptible:
            return None, 0
        return (inside, enabled, self.wait, preemptible), mode

    def scene(self) -> Scene:
        """Return this context as the fast path wants it. It must not change any more."""
        return (self, *self.root())

    def enter(self, state: State, wait: int) -> None:
        """Start a handler: the states it masks are switched off."""
        self.handlers.append(Handler(state, wait, tuple(self.off)))
        self.depths[state.number] += 1
        for masked in state.masked:
            self.switch_off(masked)

    def leave(self, state: State) -> None:
        """End the innermost handler of a state that is running: what it masked is as before it, whatever it did."""
        at = len(self.handlers) - 1
        while self.handlers[at].state is not state:
            at -= 1
        before = self.handlers.pop(at).before
        self.depths[state.number] -= 1
        for masked in state.masked:
            self.off[masked.number] = before[masked.number]

    def switch_off(self, state: State) -> None:
        """Keep a state from interrupting this thread, once more if it nests."""
        self.off[state.number] = self.off[state.number] + 1 if state.nests else 1

    def switch_on(self, state: State) -> None:
        """Undo one switch_off; the caller knows that there was one."""
        self.off[state.number] = self.off[state.number] - 1 if state.nests else 0

    def note(self, state: State, stack: StackTrace, *, on: bool) -> None:
        """Remember that and where a state was switched, for reports."""
        self.event += 1
        self.switches[state, on] = (self.event, stack)

    def copy(self) -> Context:
        """Return one that may be changed."""
        made = Context()
        made.handlers, made.depths, made.off = list(self.handlers), list(self.depths), list(self.off)
        made.preempt_depth, made.event, made.switches = self.preempt_depth, self.event, dict(self.switches)
        return made

    def summary(self) -> ContextSummary:
        """Return what a report shows of it."""
        switches = tuple(Switch(*what, *seen) for what, seen in self.switches.items())
        return ContextSummary(tuple(self.depths), tuple(self.off), self.preempt_depth, self.event, switches)


ORDINARY = Context()  # of every thread that never entered or switched anything: not to be changed
ORDINARY_STATES = ORDINARY.enabled
QUIET = ORDINARY.summary()
