"""Whether code makes a lock when it is first asked for: it looks for one in the same place where it puts the new one.

Read off bytecode. If the lock is there already, the same code takes that one: that this one is new does not say that
nobody else could have it. A lock that the constructor of an object makes, or that is taken before it is put anywhere,
is another matter. Cost: some 50 ns for each instruction of the code.
"""

from __future__ import annotations

import opcode
import sys
from collections.abc import Iterator
from functools import _lru_cache_wrapper, cached_property
from types import CodeType, FrameType

CONSTRUCTORS = {"__init__", "__new__", "__post_init__", "__attrs_post_init__", "__setstate__", "<module>"}
ENTERS = {"BEFORE_WITH", "LOAD_SPECIAL"}  # the begin of a with statement
FOLLOWS = {"CACHE", "NOP", "EXTENDED_ARG", "PRECALL", "KW_NAMES"}  # what can stand between a call and the next one
SHIFTS = {"LOAD_GLOBAL": 1, "LOAD_ATTR": int(sys.version_info >= (3, 12))}  # the lowest bit says something else
_MAKES = cached_property.__get__.__code__

Instruction = tuple[int, str, str]  # offset, name of the operation, the name or the text that it is about


def is_on_demand(code: CodeType, lasti: int) -> bool:
    """Return whether the lock that this code gets at this offset is one that it makes if there is none."""
    if code is _MAKES:
        return True
    if code.co_name in CONSTRUCTORS:
        return False
    steps = list(instructions(code))
    here = next((operation for at, operation, _ in steps if at == lasti), "")
    if here.startswith("BINARY"):  # the item of a defaultdict that is not there
        return True
    before = {name for at, operation, name in steps if at < lasti and is_look(operation)}
    after = [step for step in steps if step[0] > lasti and step[1] not in FOLLOWS]
    if here == "PRECALL":  # 3.11: a call is two instructions
        after = after[1:]
    if after and after[0][1].startswith("CALL"):
        return "setdefault" in before or ("setattr" in before and not before.isdisjoint(("getattr", "hasattr")))
    return puts(after, before)


def is_memoized(frame: FrameType) -> bool:
    """Return whether a frame runs a function with functools.cache or lru_cache around it, found by its name."""
    found: object = frame.f_globals
    for name in frame.f_code.co_qualname.split("."):
        names = found if isinstance(found, dict) else found.__dict__ if type(found) is type else {}
        found = names.get(name)
    return isinstance(found, _lru_cache_wrapper)


def puts(steps: list[Instruction], looked: set[str]) -> bool:
    """Return whether code puts something where it has looked before, unless it takes it first."""
    loaded: set[str] = set()
    for _, operation, name in steps:
        if operation in ENTERS or name == "acquire":
            return False
        if operation in ("STORE_ATTR", "STORE_GLOBAL", "STORE_DEREF") and name in looked:
            return True
        if operation == "STORE_SUBSCR" and not looked.isdisjoint(loaded):
            return True
        if is_look(operation) and operation != "LOAD_CONST":
            loaded.add(name)
    return False


def is_look(operation: str) -> bool:
    """Return whether an operation loads something that has a name, or a text that may be one."""
    return operation in ("LOAD_ATTR", "LOAD_METHOD", "LOAD_GLOBAL", "LOAD_DEREF", "LOAD_CONST")


def instructions(code: CodeType) -> Iterator[Instruction]:
    """Yield the instructions of a code object."""
    bytecode, more = code.co_code, 0
    for at in range(0, len(bytecode), 2):
        operation, argument = opcode.opname[bytecode[at]], bytecode[at + 1] | more << 8
        more = argument if operation == "EXTENDED_ARG" else 0
        yield at, operation, subject(code, operation, argument)


def subject(code: CodeType, operation: str, argument: int) -> str:
    """Return the name or the text that an instruction is about; '' if it is about none."""
    if operation in ("LOAD_METHOD", "STORE_ATTR", "STORE_GLOBAL"):
        return code.co_names[argument]
    if operation in SHIFTS:
        return code.co_names[argument >> SHIFTS[operation]]
    if operation in ("LOAD_DEREF", "STORE_DEREF"):
        return str(code._varname_from_oparg(argument))  # type: ignore[attr-defined]
    constant = code.co_consts[argument] if operation == "LOAD_CONST" else None
    return constant if isinstance(constant, str) else ""
