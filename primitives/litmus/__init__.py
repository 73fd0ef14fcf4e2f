"""Litmus tests: small programs, run in every way that a memory model allows, to see what each barrier forbids.

    python -m primitives.litmus               prints the outcomes of the programs in table.py

    test = parse("x = 1; mb; r0 = y", "y = 1; mb; r1 = x")
    explore(test, Weak)                       the outcomes: {(("r0", 0), ("r1", 1)), ...}

A program is a text for each thread: `x = 1`, `x = r0`, `r0 = x`, `r0 = acquire x`, `release x = 1`, `mb`, `rmb`, `wmb`,
`while x == 0`, `if r0: x = 1`, `p = &x`, `r1 = *r0`, or the same as in a listing of kernel code; see program.py.
Everything is 0 at first. Accesses are those of READ_ONCE and WRITE_ONCE, or of smp_load_acquire and smp_store_release.

There are three machines. SC: one thread at a time executes its next instruction. StoreBuffer: each thread sees its own
stores at once; other threads see them later, in order (x86). Weak: a thread executes its instructions in any order that
no barrier, dependency or common variable forbids, and a store reaches each other thread at a time of its own (Power,
and what the kernel's memory model permits).

Cost: the exploration is exhaustive and visits each state once; a program of a dozen instructions takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from primitives.litmus.program import Instruction, Program, Value, parse

__all__ = ["SC", "Instruction", "Machine", "Outcome", "Program", "StoreBuffer", "Weak", "explore", "parse"]

T = TypeVar("T")
Outcome = tuple[tuple[str, Value], ...]


class Machine(Protocol):
    """A state of a machine. It must be hashable."""

    @classmethod
    def start(cls, program: Program) -> Machine:
        """Return the first state of a program."""

    def next_states(self, program: Program) -> Iterator[Machine]:
        """Yield all states that may follow. None follows when the program has ended."""

    def ended(self, program: Program) -> bool:
        """Return whether all instructions are executed. If nothing follows before that, a loop waits for ever."""

    def outcome(self) -> Outcome:
        """Return the values of the registers."""


def explore(program: Program, machine: type[Machine]) -> frozenset[Outcome]:
    """Return every outcome that the program can have on this machine."""
    first = machine.start(program)
    seen, todo, outcomes = {first}, [first], set()
    while todo:
        state = todo.pop()
        following = list(state.next_states(program))
        if not following and state.ended(program):
            outcomes.add(tuple(pair for pair in state.outcome() if pair[0] not in _unread(program, state.outcome())))
        for new in following:
            if new not in seen:
                seen.add(new)
                todo.append(new)
    return frozenset(outcomes)


Values = tuple[tuple[str, Value], ...]  # registers or memory
Numbers = tuple[tuple[str, int], ...]  # of writes, for each variable


def _unread(program: Program, registers: Values) -> set[str]:
    """Return the registers of loads whose condition is not met."""
    loads = [one for thread in program for one in thread if one.register and one.condition]
    return {one.register for one in loads if not _get(registers, one.condition)}


def _get(values: Values, name: Value) -> Value:
    """Return what a name stands for; a number or an address stands for itself."""
    return name if isinstance(name, int) or name.startswith("&") else dict(values).get(name, 0)


def _variable(registers: Values, instruction: Instruction) -> str:
    """Return the variable that is accessed, '' if the pointer leads to none."""
    address = _get(registers, instruction.pointer) if instruction.pointer else f"&{instruction.variable}"
    return address[1:] if isinstance(address, str) else ""


def _done(registers: Values, instruction: Instruction) -> bool:
    """Return whether a store is done: it has no condition, or that is met."""
    return not instruction.condition or bool(_get(registers, instruction.condition))


def _number(numbers: Numbers, name: str) -> int:
    return dict(numbers).get(name, 0)


def _put(values: tuple[tuple[str, T], ...], name: str, value: T) -> tuple[tuple[str, T], ...]:
    return tuple(sorted({**dict(values), name: value}.items()))


@dataclass(frozen=True, slots=True)
class StoreBuffer:
    """Each thread executes its instructions in order.

    Its stores wait in a queue of its own before they reach memory.
    """

    at: tuple[int, ...]
    buffers: tuple[Values, ...]
    memory: Values = ()
    registers: Values = ()

    @classmethod
    def start(cls, program: Program) -> StoreBuffer:
        """Return the first state of a program."""
        return cls((0,) * len(program), ((),) * len(program))

    def next_states(self, program: Program) -> Iterator[StoreBuffer]:
        """Yield the states after each thread's next instruction, and after each thread's oldest store has reached
        memory.
        """
        for thread, buffer in enumerate(self.buffers):
            if buffer:
                (variable, value), *rest = buffer
                yield replace(self, memory=_put(self.memory, variable, value), buffers=self._with(thread, tuple(rest)))
            if self.at[thread] < len(program[thread]):
                yield from self._do(thread, program[thread][self.at[thread]])

    def ended(self, program: Program) -> bool:
        """Return whether all instructions are executed."""
        return self.at == tuple(map(len, program))

    def outcome(self) -> Outcome:
        """Return the values of the registers."""
        return self.registers

    def _do(self, thread: int, instruction: Instruction) -> Iterator[StoreBuffer]:
        buffer = self.buffers[thread]
        moved = replace(self, at=(*self.at[:thread], self.at[thread] + 1, *self.at[thread + 1 :]))
        seen = dict([*self.memory, *buffer]).get(_variable(self.registers, instruction), 0)
        if instruction.kind == "store" and _done(self.registers, instruction):
            written = (*buffer, (instruction.variable, _get(self.registers, instruction.source)))
            yield moved._stored(thread, written)
        elif instruction.kind == "load":
            yield replace(moved, registers=_put(self.registers, instruction.register, seen))
        elif (instruction.kind != "mb" or not buffer) and (instruction.kind != "while" or seen != instruction.source):
            yield moved

    def _stored(self, thread: int, buffer: Values) -> StoreBuffer:
        return replace(self, buffers=self._with(thread, buffer))

    def _with(self, thread: int, buffer: Values) -> tuple[Values, ...]:
        return (*self.buffers[:thread], buffer, *self.buffers[thread + 1 :])


class SC(StoreBuffer):
    """Sequential consistency: a store reaches memory at once."""

    __slots__ = ()

    def _stored(self, thread: int, buffer: Values) -> StoreBuffer:  # noqa: ARG002 - there is one memory for all
        ((variable, value),) = buffer
        return replace(self, memory=_put(self.memory, variable, value))


@dataclass(frozen=True, slots=True)
class Write:
    """A store that was executed.

    A thread that sees it also sees each variable of `after` at least as new as stated there.
    """

    variable: str
    value: Value
    after: Numbers = ()


@dataclass(frozen=True, slots=True)
class Weak:
    """Instructions are executed in any order that nothing forbids; stores reach each thread at a time of their own.

    `writes` are numbered from 1 in the order of execution, which is the order of each variable's values. `views` have,
    for each thread and variable, the number of the last write that the thread sees. `own` has each thread's own writes,
    and `barred` those before its last wmb. `done` has the indices of the executed instructions of each thread.
    """

    done: tuple[frozenset[int], ...]
    views: tuple[Numbers, ...]
    barred: tuple[Numbers, ...]
    writes: tuple[Write, ...] = ()
    own: tuple[Numbers, ...] = field(default=())
    registers: Values = ()

    @classmethod
    def start(cls, program: Program) -> Weak:
        """Return the first state of a program."""
        nothing: tuple[Numbers, ...] = ((),) * len(program)
        return cls((frozenset[int](),) * len(program), nothing, nothing, own=nothing)

    def next_states(self, program: Program) -> Iterator[Weak]:
        """Yield the states after each instruction that can be executed, and after each store has reached another
        thread.
        """
        for thread, instructions in enumerate(program):
            done = self.done[thread]
            for at, instruction in enumerate(instructions):
                waits_for = (before for index, before in enumerate(instructions[:at]) if index not in done)
                if at not in done and not any(before.comes_before(instruction) for before in waits_for):
                    yield from self._do(thread, at, instruction)
        yield from self._reach()

    def ended(self, program: Program) -> bool:
        """Return whether all instructions are executed."""
        return tuple(map(len, self.done)) == tuple(map(len, program))

    def outcome(self) -> Outcome:
        """Return the values of the registers."""
        return self.registers

    def _do(self, thread: int, at: int, instruction: Instruction) -> Iterator[Weak]:
        new = replace(self, done=_with(self.done, thread, self.done[thread] | {at}))
        number = _number(self.views[thread], _variable(self.registers, instruction))
        value = self.writes[number - 1].value if number else 0
        if instruction.kind == "load":
            yield replace(new, registers=_put(self.registers, instruction.register, value))
        elif instruction.kind == "while":
            if value != instruction.source:
                yield new
        elif instruction.kind == "store":
            yield new._store(thread, instruction) if _done(self.registers, instruction) else new
        elif instruction.kind == "wmb":
            yield replace(new, barred=_with(self.barred, thread, self.own[thread]))
        elif instruction.kind == "rmb" or self._all_see(thread):
            yield new

    def _store(self, thread: int, instruction: Instruction) -> Weak:
        number = len(self.writes) + 1
        after = self.views[thread] if instruction.ordered else self.barred[thread]
        write = Write(instruction.variable, _get(self.registers, instruction.source), after)
        return replace(
            self,
            writes=(*self.writes, write),
            views=_with(self.views, thread, _put(self.views[thread], instruction.variable, number)),
            own=_with(self.own, thread, _put(self.own[thread], instruction.variable, number)),
        )

    def _all_see(self, thread: int) -> bool:
        """Return whether all threads see what this thread sees, which a full barrier waits for."""
        return all(_number(view, name) >= number for name, number in self.views[thread] for view in self.views)

    def _reach(self) -> Iterator[Weak]:
        for thread, view in enumerate(self.views):
            for number, write in enumerate(self.writes, 1):
                late = _number(view, write.variable) < number
                if late and all(_number(view, name) >= least for name, least in write.after if name != write.variable):
                    yield replace(self, views=_with(self.views, thread, _put(view, write.variable, number)))


def _with(all_: tuple[T, ...], at: int, one: T) -> tuple[T, ...]:
    return (*all_[:at], one, *all_[at + 1 :])
