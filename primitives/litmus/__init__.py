"""Litmus tests: small programs, run in every way that a memory model allows, and what each barrier forbids.

    python -m primitives.litmus               prints the table for the programs below

    test = parse("x = 1; mb; r0 = y", "y = 1; mb; r1 = x")
    explore(test, Weak)                       the outcomes: {(("r0", 0), ("r1", 1)), ...}

A program is a text for each thread: `x = 1`, `x = r0`, `r0 = x`, `r0 = acquire x`, `release x = 1`, `mb`, `rmb`, `wmb`.
Names that begin with r and a digit are registers, all others variables; everything is 0 at first. Each access is one
of READ_ONCE and WRITE_ONCE, or of smp_load_acquire and smp_store_release.

Three machines: SC, where one thread at a time does its next step; StoreBuffer, where each thread sees its own stores at
once and others later, in order (x86); and Weak, where a thread does its steps in any order that no barrier, dependency
or common variable forbids, and a store reaches each other thread in its own time (Power, and what the kernel's memory
model permits). The exploration is exhaustive: every state is visited once. Programs of a dozen steps take milliseconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

T = TypeVar("T")
FENCES = ("mb", "rmb", "wmb")
Outcome = tuple[tuple[str, int], ...]
STEP = re.compile(r"(?P<release>release )?(?P<target>\w+) = (?P<acquire>acquire )?(?P<source>\w+)")
REGISTER = re.compile(r"r\d")


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction: a fence, or a load or a store of `variable`. A store takes `source`: a number or a register."""

    kind: str
    variable: str = ""
    register: str = ""
    source: int | str = 0
    ordered: bool = False  # an acquire or a release

    def comes_before(self, later: Step) -> bool:
        """Return whether this step of a thread is done before a later one whatever happens."""
        if self.kind in FENCES or later.kind in FENCES:
            return _fenced(self, later)
        if self.variable == later.variable or (self.register and self.register == later.source):
            return True
        return (self.ordered and self.kind == "load") or (later.ordered and later.kind == "store")


def _fenced(first: Step, later: Step) -> bool:
    if first.kind in FENCES and later.kind in FENCES:
        return True
    fence, other = (first, later) if first.kind in FENCES else (later, first)
    return fence.kind == {"load": "rmb", "store": "wmb"}[other.kind] or fence.kind == "mb"


Program = tuple[tuple[Step, ...], ...]


def parse(*threads: str) -> Program:
    """Return the program of these texts, one for each thread."""
    return tuple(tuple(_parse_step(text.strip()) for text in thread.split(";")) for thread in threads)


def _parse_step(text: str) -> Step:
    if text in FENCES:
        return Step(text)
    match = STEP.fullmatch(text)
    if match is None:
        raise ValueError(f"no step of a litmus test: {text!r}")
    target, source = match["target"], match["source"]
    if REGISTER.match(target):
        return Step("load", source, target, ordered=bool(match["acquire"]))
    return Step("store", target, source=int(source) if source.isdigit() else source, ordered=bool(match["release"]))


class Machine(Protocol):
    """A state of a machine, hashable. `next_states` are all that may come next; none when the program has ended."""

    @classmethod
    def start(cls, program: Program) -> Machine:
        """Return the state at first."""

    def next_states(self, program: Program) -> Iterator[Machine]:
        """Yield what may come next."""

    def outcome(self) -> Outcome:
        """Return what the registers hold."""


def explore(program: Program, machine: type[Machine]) -> frozenset[Outcome]:
    """Return every outcome that the program can have on this machine."""
    first = machine.start(program)
    seen, todo, outcomes = {first}, [first], set()
    while todo:
        state = todo.pop()
        following = list(state.next_states(program))
        if not following:
            outcomes.add(state.outcome())
        for new in following:
            if new not in seen:
                seen.add(new)
                todo.append(new)
    return frozenset(outcomes)


Values = tuple[tuple[str, int], ...]


def _get(values: Values, name: int | str) -> int:
    return name if isinstance(name, int) else dict(values).get(name, 0)


def _put(values: Values, name: str, value: int) -> Values:
    return tuple(sorted({**dict(values), name: value}.items()))


@dataclass(frozen=True, slots=True)
class StoreBuffer:
    """Each thread does its steps in order; its stores wait in a queue of its own before they reach memory."""

    at: tuple[int, ...]
    buffers: tuple[Values, ...]
    memory: Values = ()
    registers: Values = ()

    @classmethod
    def start(cls, program: Program) -> StoreBuffer:
        """Return the state at first."""
        return cls((0,) * len(program), ((),) * len(program))

    def next_states(self, program: Program) -> Iterator[StoreBuffer]:
        """Yield each thread's next step, and each oldest store reaching memory."""
        for thread, buffer in enumerate(self.buffers):
            if buffer:
                (variable, value), *rest = buffer
                yield replace(self, memory=_put(self.memory, variable, value), buffers=self._with(thread, tuple(rest)))
            if self.at[thread] < len(program[thread]):
                yield from self._do(thread, program[thread][self.at[thread]])

    def outcome(self) -> Outcome:
        """Return what the registers hold."""
        return self.registers

    def _do(self, thread: int, step: Step) -> Iterator[StoreBuffer]:
        buffer = self.buffers[thread]
        moved = replace(self, at=(*self.at[:thread], self.at[thread] + 1, *self.at[thread + 1 :]))
        if step.kind == "store":
            written = (*buffer, (step.variable, _get(self.registers, step.source)))
            yield moved._stored(thread, written)
        elif step.kind == "load":
            seen = dict([*self.memory, *buffer]).get(step.variable, 0)
            yield replace(moved, registers=_put(self.registers, step.register, seen))
        elif step.kind != "mb" or not buffer:
            yield moved

    def _stored(self, thread: int, buffer: Values) -> StoreBuffer:
        return replace(self, buffers=self._with(thread, buffer))

    def _with(self, thread: int, buffer: Values) -> tuple[Values, ...]:
        return (*self.buffers[:thread], buffer, *self.buffers[thread + 1 :])


class SC(StoreBuffer):
    """Sequential consistency: a store reaches memory in the step that makes it."""

    __slots__ = ()

    def _stored(self, thread: int, buffer: Values) -> StoreBuffer:  # noqa: ARG002 - there is one memory for all
        ((variable, value),) = buffer
        return replace(self, memory=_put(self.memory, variable, value))


@dataclass(frozen=True, slots=True)
class Write:
    """A store that was done. Who sees it sees each variable of `after` as late as that, too."""

    variable: str
    value: int
    after: Values = ()


@dataclass(frozen=True, slots=True)
class Weak:
    """Steps in any order that nothing forbids; stores that reach each thread in their own time.

    `writes` are numbered from 1 in the order in which they were done, which is the order of each variable's values.
    `views` have, for each thread and variable, the number of the last write that it sees. `barred` are, for each
    thread, its own writes before its last wmb.
    """

    done: tuple[frozenset[int], ...]
    views: tuple[Values, ...]
    barred: tuple[Values, ...]
    writes: tuple[Write, ...] = ()
    own: tuple[Values, ...] = field(default=())
    registers: Values = ()

    @classmethod
    def start(cls, program: Program) -> Weak:
        """Return the state at first."""
        nothing: tuple[Values, ...] = ((),) * len(program)
        return cls((frozenset[int](),) * len(program), nothing, nothing, own=nothing)

    def next_states(self, program: Program) -> Iterator[Weak]:
        """Yield each step that can be done, and each store reaching another thread."""
        for thread, steps in enumerate(program):
            done = self.done[thread]
            for at, step in enumerate(steps):
                waits_for = (before for index, before in enumerate(steps[:at]) if index not in done)
                if at not in done and not any(before.comes_before(step) for before in waits_for):
                    yield from self._do(thread, at, step)
        yield from self._reach()

    def outcome(self) -> Outcome:
        """Return what the registers hold."""
        return self.registers

    def _do(self, thread: int, at: int, step: Step) -> Iterator[Weak]:
        new = replace(self, done=_with(self.done, thread, self.done[thread] | {at}))
        if step.kind == "load":
            number = _get(self.views[thread], step.variable)
            value = self.writes[number - 1].value if number else 0
            yield replace(new, registers=_put(self.registers, step.register, value))
        elif step.kind == "store":
            yield new._store(thread, step)
        elif step.kind == "wmb":
            yield replace(new, barred=_with(self.barred, thread, self.own[thread]))
        elif step.kind == "rmb" or self._all_see(thread):
            yield new

    def _store(self, thread: int, step: Step) -> Weak:
        number = len(self.writes) + 1
        after = self.views[thread] if step.ordered else self.barred[thread]
        write = Write(step.variable, _get(self.registers, step.source), after)
        return replace(
            self,
            writes=(*self.writes, write),
            views=_with(self.views, thread, _put(self.views[thread], step.variable, number)),
            own=_with(self.own, thread, _put(self.own[thread], step.variable, number)),
        )

    def _all_see(self, thread: int) -> bool:
        """Return whether everybody sees what this thread sees: a full barrier waits for that."""
        return all(_get(view, name) >= number for name, number in self.views[thread] for view in self.views)

    def _reach(self) -> Iterator[Weak]:
        for thread, view in enumerate(self.views):
            for number, write in enumerate(self.writes, 1):
                late = _get(view, write.variable) < number
                if late and all(_get(view, name) >= least for name, least in write.after if name != write.variable):
                    yield replace(self, views=_with(self.views, thread, _put(view, write.variable, number)))


def _with(all_: tuple[T, ...], at: int, one: T) -> tuple[T, ...]:
    return (*all_[:at], one, *all_[at + 1 :])
