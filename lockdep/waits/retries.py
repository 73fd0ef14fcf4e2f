"""Timeouts that are none: a loop that waits again, with the same timeout, whenever the last wait has timed out.

`while not event.wait(1): pass` never gives up, `while not lock.acquire(timeout=1): pass` neither, nor does
`while True: try: queue.get(timeout=1) ... except Empty: continue`. What a thread holds meanwhile it holds as long as in
a wait without a timeout. Only the code of the loop can tell: it is followed from the return of the wait, which has
timed out, back to the same call. If on any way it may call something else, leave the loop, raise or return, the timeout
counts. Cost: some 0.5 ms, once for each place that waits.
"""

from __future__ import annotations

import dis
import weakref
from collections.abc import Mapping
from enum import Enum
from itertools import pairwise
from types import CodeType, FrameType
from typing import NamedTuple

from lockdep.waits.aims import ITEM, RESULT, ROOM


class Top(Enum):
    """What is known of the value on top of the stack."""

    UNKNOWN, TRUE, FALSE, NONE = range(4)


RAISES = {
    ITEM: "Empty",
    ROOM: "Full",
    RESULT: "TimeoutError",
}  # the exception that says that a wait for it has timed out
PASSED = ("LOAD_", "PUSH_NULL", "COPY", "SWAP", "KW_NAMES", "POP_TOP", "POP_EXCEPT")  # how their names begin
KEPT = ("NOP", "RESUME", "NOT_TAKEN", "TO_BOOL", "EXTENDED_ARG", "PUSH_EXC_INFO", "PRECALL")
LOADED = ("LOAD_FAST", "LOAD_FAST_BORROW", "LOAD_FAST_CHECK")  # of variables that no other code changes
JUMPS: dict[Top, tuple[str, ...]] = {
    Top.TRUE: ("TRUE", "NOT_NONE"),
    Top.FALSE: ("FALSE",),
    Top.NONE: ("FALSE", "NONE"),
}  # which are taken
MOST_STEPS = 200  # of the code that is followed
_known: weakref.WeakKeyDictionary[CodeType, dict[Case, bool]] = weakref.WeakKeyDictionary()


def never_gives_up(frame: FrameType | None, kind: str) -> bool:
    """Return whether the code that waits in this frame for this kind of thing, with a timeout, waits again for ever."""
    if frame is None:
        return False
    nones = frozenset(name for name, value in frame.f_locals.items() if value is None)
    return is_endless(frame.f_code, Case(frame.f_lasti, RAISES.get(kind, ""), nones))


def is_endless(code: CodeType, case: Case) -> bool:
    """Return whether code that waits in this way, with a timeout, waits again for ever. See `loops`."""
    known = _known.setdefault(code, {})
    if case not in known:
        known[case] = loops(code, case)
    return known[case]


class Case(NamedTuple):
    """How code waits: at which instruction, what is raised when it times out, and which local variables are None."""

    lasti: int
    error: str = ""
    nones: frozenset[str] = frozenset()


class State(NamedTuple):
    """A point in the code: an offset, what is on top of the stack, and the variable that has the answer."""

    offset: int
    top: Top = Top.UNKNOWN
    name: str = ""


def loops(code: CodeType, case: Case) -> bool:
    """Return whether the call that has timed out is made again and nothing else is.

    It has returned something false, unless it raises. Of a call from Python to Python `lasti` is the end of the
    instruction.
    """
    steps = {step.offset: step for step in dis.get_instructions(code)}
    offsets = list(steps)
    after = dict(pairwise(offsets))
    call = max((offset for offset in steps if offset <= case.lasti), default=-1)
    first = State(handler_of(code, call)) if case.error else State(after.get(call, -1), Top.FALSE)
    pending, seen = [first], set[State]()
    while pending:
        state = pending.pop()
        step = steps.get(state.offset)
        if state in seen or (step is not None and is_same_call(step, steps[call], steps)):
            continue
        ways = None if step is None or len(seen) > MOST_STEPS else ways_on(step, state, case, after, steps)
        if ways is None:
            return False
        seen.add(state)
        pending += ways
    return True


def handler_of(code: CodeType, lasti: int) -> int:
    """Return where the code goes on after an exception in this instruction; -1 if that leaves the function."""
    for entry in dis._parse_exception_table(code):  # type: ignore[attr-defined]
        if entry.start <= lasti < entry.end:
            return int(entry.target)
    return -1


def is_same_call(step: dis.Instruction, call: dis.Instruction, steps: Mapping[int, dis.Instruction]) -> bool:
    """Return whether this is the call; the compiler may have copied it to the end of its loop.

    Generated code, such as the assertions of pytest, can have calls of several things at one position.
    """
    if step.offset == call.offset:
        return True
    known = step.positions is not None and step.positions.col_offset is not None
    alike = known and step.opcode == call.opcode and step.positions == call.positions
    return alike and operands(step, steps) == operands(call, steps)


def operands(call: dis.Instruction, steps: Mapping[int, dis.Instruction]) -> list[object]:
    """Return what the instructions of a call load, the last one first: all that stand at a position inside it.

    In front of a copy of the call there may be the call itself, and the jump that asks for its answer.
    """
    found: list[object] = [call.argval]
    for step in reversed([step for step in steps.values() if step.offset < call.offset]):
        is_copy = step.opcode == call.opcode and step.positions == call.positions
        if is_copy or not is_inside(step.positions, call.positions):
            break
        if step.opname not in KEPT and not step.opname.startswith("POP_JUMP_"):
            found.append(step.argval)
    return found


def is_inside(inner: dis.Positions | None, outer: dis.Positions | None) -> bool:
    """Return whether one range of the source is a part of another one, on one line."""
    if inner is None or outer is None or inner.lineno != outer.lineno:
        return False
    columns = (outer.col_offset, inner.col_offset, inner.end_col_offset, outer.end_col_offset)
    return list(columns) == sorted(column for column in columns if column is not None)


def ways_on(
    step: dis.Instruction, state: State, case: Case, after: Mapping[int, int], steps: Mapping[int, dis.Instruction]
) -> list[State] | None:
    """Return where the code may go on after an instruction; None if it may end the loop there, or do other work."""
    name, following = step.opname, state._replace(offset=after.get(step.offset, -1))
    if name.startswith("POP_JUMP_"):
        return branches(step, state, following)
    if name in ("JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT"):
        return [state._replace(offset=step.argval)]
    if name == "CHECK_EXC_MATCH":
        named = [one.argval for one in steps.values() if one.offset < step.offset][-1]
        return [following._replace(top=Top.TRUE if named == case.error else Top.FALSE)]
    if name == "STORE_FAST":
        return None if step.argval in case.nones else [stored(step.argval, following)]
    if name in LOADED:
        return [following._replace(top=value_of(step.argval, state, case))]
    if name.startswith(PASSED):
        return [following._replace(top=Top.UNKNOWN)]
    return [following] if name in KEPT else None


def stored(name: str, state: State) -> State:
    """Return the state after the value on top was stored in a variable."""
    other = "" if state.name == name else state.name
    return State(state.offset, Top.UNKNOWN, name if state.top is Top.FALSE else other)


def value_of(name: str, state: State, case: Case) -> Top:
    """Return what is known of the value of a variable."""
    return Top.FALSE if name == state.name else Top.NONE if name in case.nones else Top.UNKNOWN


def branches(step: dis.Instruction, state: State, following: State) -> list[State] | None:
    """Return where a conditional jump leads: to one place if it is known what it asks for, else to both."""
    there, here = state._replace(offset=step.argval, top=Top.UNKNOWN), following._replace(top=Top.UNKNOWN)
    asked = step.opname.rpartition("_IF_")[2]
    if state.top is Top.UNKNOWN or (state.top is Top.FALSE and "NONE" in asked):
        return [there, here]
    return [there if asked in JUMPS[state.top] else here]
