"""One dependency, told: who held the one and wanted the other, where each was, and its column of a scenario table."""

from __future__ import annotations

from lockdep.fastpath import READ, RECURSIVE_READ, SYNC
from lockdep.graph.classes import LockClass
from lockdep.graph.dependency import Witness
from lockdep.splats.page import TAKEN, Lines, Page, stack_lines
from lockdep.vocabulary.kinds import EVENT, RECURSIVE, SHARED, TIMED, WAIT


def step(page: Page, number: int, prev: LockClass, next_: LockClass, kind: int, witness: Witness) -> Lines:
    """Return one dependency: who, and both of its stacks."""
    lines = ["", f"-> #{number} {page.class_text(prev)} --> {page.class_text(next_)}: {witness.thread}"]
    if kind & EVENT:
        lines += [f"   signalled {prev.name} at:", *stack_lines(witness.next_stack)]
        return [*lines, f"   with {next_.name} held"]
    read = " for read" if kind & SHARED else ""
    lines += [f"   held {prev.name}{read}, {TAKEN}:", *stack_lines(witness.prev_stack)]
    how = "wait for what takes" if kind & WAIT else "acquire"
    run = f" ({witness.run})" if witness.run else ""
    read = " (recursive read)" if kind & RECURSIVE else ""
    timed = " with a timeout" if kind & TIMED else ""
    return [*lines, f"   to {how}{run} {next_.name}{read}{timed} at:", *stack_lines(witness.next_stack)]


def column(kind: int, prev: LockClass, next_: LockClass, mode: int) -> list[str]:
    """Return what one thread does: takes the one, then waits for the other, in this mode."""
    if kind & EVENT:
        return [f"lock({next_.name});", f"signal({prev.name});"]
    first = "rlock" if kind & SHARED else "lock"
    then = "wait" if kind & WAIT else "rlock" if kind & RECURSIVE else waiting_verb(mode)
    return [f"{first}({prev.name});", f"{then}({next_.name});"]


def waiting_verb(mode: int) -> str:
    """Return how the tables show a wait for a lock."""
    return "rlock" if mode & (READ | RECURSIVE_READ) else "sync" if mode & SYNC else "lock"
