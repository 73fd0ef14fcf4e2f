"""The programs of litmus tests: their instructions, which of them a thread keeps in order, and their texts.

A thread is a text of instructions with semicolons between them, in short form or as in a listing of kernel code:

    x = 1; wmb; p = &x                        WRITE_ONCE(x, 1); smp_wmb(); WRITE_ONCE(p, &x)
    while flag == 0; rmb; r0 = x              while (!READ_ONCE(flag)) cpu_relax(); smp_rmb(); r0 = READ_ONCE(x)
    r0 = acquire x; if r0: release y = 1      r0 = smp_load_acquire(&x); if (r0) smp_store_release(&y, 1)
    r0 = p; r1 = *r0                          r0 = rcu_dereference(p); r1 = READ_ONCE(*r0)

Names that begin with r and a digit are registers, all others are variables. A value is a number, or the address of a
variable; what is read through anything else is 0. A loop waits until its variable has another value; a run in which it
waits for ever has no outcome. An `if` has one access, and a register that is not read then is not in the outcome.

What keeps two accesses of a thread in order, apart from barriers: one variable, acquire and release, the data that a
store writes, the address of an access, and the condition, or a loop, before a store, but not before a load. `barrier`
stops the compiler alone, which no machine here knows; the read of a pointer needs no barrier before its use.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

FENCES = ("mb", "rmb", "wmb")
NOTHING = ("barrier", "read_barrier_depends")
LOADS = ("load", "while")
Value = int | str

REGISTER = re.compile(r"r\d")
INSTRUCTION = re.compile(
    r"(?:if (?P<condition>r\d): )?(?P<release>release )?(?P<target>\w+) = (?P<acquire>acquire )?(?P<source>[&*]?\w+)"
)
LOOP = re.compile(r"while (?P<acquire>acquire )?(?P<variable>\w+) == (?P<value>\d+)")
LISTING = [  # forms of kernel code, and what they become, in this order
    (re.compile(r"(?:smp_)?(mb|rmb|wmb|read_barrier_depends|barrier)\(\)"), r"\1"),
    (re.compile(r"smp_store_release\(&?(\w+), (.+)\)"), r"release \1 = \2"),
    (re.compile(r"rcu_assign_pointer\((\w+), (.+)\)"), r"release \1 = \2"),
    (re.compile(r"WRITE_ONCE\(([^,]+), (.+)\)"), r"\1 = \2"),
    (re.compile(r"smp_load_acquire\(&?(\w+)\)"), r"acquire \1"),
    (re.compile(r"(?:READ_ONCE|rcu_dereference)\(([*\w]+)\)"), r"\1"),
    (re.compile(r"while \(!(.+?)\)(?: cpu_relax\(\))?"), r"while \1 == 0"),
    (re.compile(r"while \((.+?)\)(?: cpu_relax\(\))?"), r"while \1"),
    (re.compile(r"if \((\w+)\) "), r"if \1: "),
]


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: a fence, or a load or store of `variable`, or a loop that waits until it is not `source`.

    A load writes `register`; it follows the register `pointer` if there is no variable. A store takes `source`, a value
    or a register. `ordered` makes it an acquire or a release. It is done only if the register `condition` is not 0.
    """

    kind: str
    variable: str = ""
    register: str = ""
    source: Value = 0
    ordered: bool = False  # it is an acquire or a release
    pointer: str = ""
    condition: str = ""

    def comes_before(self, later: Instruction) -> bool:
        """Return whether a thread executes this instruction before a later one in any case."""
        if self.kind in FENCES or later.kind in FENCES:
            return _fenced(self, later)
        if self.variable == later.variable and self.variable:
            return True
        if self.register and self.register in (later.source, later.pointer):
            return True
        if later.kind == "store" and (self.kind == "while" or self.pointer or self.register == later.condition != ""):
            return True
        return (self.ordered and self.kind in LOADS) or (later.ordered and later.kind == "store")


def _fenced(first: Instruction, later: Instruction) -> bool:
    if first.kind in FENCES and later.kind in FENCES:
        return True
    fence, other = (first, later) if first.kind in FENCES else (later, first)
    return fence.kind == ("wmb" if other.kind == "store" else "rmb") or fence.kind == "mb"


Program = tuple[tuple[Instruction, ...], ...]


def parse(*threads: str) -> Program:
    """Return the program of these texts, one for each thread. ValueError for an unknown instruction.

    Also for a thread that follows pointers and names a variable whose address is taken: it might be the same one.
    """
    program = tuple(tuple(_instructions(thread)) for thread in threads)
    addressed = {str(one.source)[1:] for thread in program for one in thread if str(one.source).startswith("&")}
    for thread in program:
        named = addressed.intersection(one.variable for one in thread)
        if named and any(one.pointer for one in thread):
            raise ValueError(f"a thread that follows pointers names {', '.join(sorted(named))} as well")
    return program


def _instructions(thread: str) -> list[Instruction]:
    texts = [spelled(text.strip()) for text in thread.rstrip("; ").split(";")]
    return [_parse_instruction(text) for text in texts if text not in NOTHING]


def spelled(text: str) -> str:
    """Return an instruction of a listing in short form."""
    for form, short in LISTING:
        text = form.sub(short, text)
    return text


def _parse_instruction(text: str) -> Instruction:
    if text in FENCES:
        return Instruction(text)
    loop = LOOP.fullmatch(text)
    if loop is not None:
        return Instruction("while", loop["variable"], source=int(loop["value"]), ordered=bool(loop["acquire"]))
    match = INSTRUCTION.fullmatch(text)
    if match is None or not _sensible(match["target"], match["source"]):
        raise ValueError(f"not an instruction of a litmus test: {text!r}")
    target, source, condition = match["target"], match["source"], match["condition"] or ""
    if REGISTER.match(target):
        load = Instruction("load", source, target, ordered=bool(match["acquire"]), condition=condition)
        return replace(load, variable="", pointer=source[1:]) if source.startswith("*") else load
    value = int(source) if source.isdigit() else source
    return Instruction("store", target, source=value, ordered=bool(match["release"]), condition=condition)


def _sensible(target: str, source: str) -> bool:
    """Return whether a load is from a variable or through a register, and a store is of a value."""
    if REGISTER.match(target):
        return bool(REGISTER.match(source[1:])) if source.startswith("*") else not source.startswith("&")
    return not source.startswith("*")
