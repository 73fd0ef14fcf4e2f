"""How a report shows one dependency: the thread, both stacks, and its column of a scenario table."""

from __future__ import annotations

from lockdep.fastpath import READ, RECURSIVE_READ, SYNC
from lockdep.graph.classes import LockClass
from lockdep.graph.dependency import Witness
from lockdep.splats.document import Line
from lockdep.splats.page import TAKEN, Body, Page, frames, heading, line, plain
from lockdep.trace import NO_STACK
from lockdep.vocabulary.kinds import EVENT, RECURSIVE, SHARED, TIMED, WAIT


def dependency_block(page: Page, number: int, prev: LockClass, next_: LockClass, kind: int, witness: Witness) -> Body:
    """Return the lines of one dependency: the thread, and both of its stacks."""
    lines: Body = ["", dependency_heading(page, number, prev, next_, witness.thread)]
    if kind & EVENT:
        lines += [line("   signalled ", plain(prev), " at:"), frames(witness.next_stack)]
        return [*lines, line("   with ", plain(next_), " held")]
    read = " for read" if kind & SHARED else ""
    lines += [line("   held ", plain(prev), f"{read}, {TAKEN}:"), frames(witness.prev_stack)]
    how = "wait for what takes" if kind & WAIT else "acquire"
    run = f" ({witness.run})" if witness.run else ""
    read = " (recursive read)" if kind & RECURSIVE else ""
    timed = " with a timeout" if kind & TIMED else ""
    lines += [line(f"   to {how}{run} ", plain(next_), f"{read}{timed} at:"), frames(witness.next_stack)]
    if witness.taken is not NO_STACK:
        lines += [line("   which took ", plain(next_), " at:"), frames(witness.taken)]
    return lines


def dependency_heading(page: Page, number: int, prev: LockClass, next_: LockClass, note: str) -> Line:
    """Return the line that begins a dependency. `note` is the thread, or says where the dependency was reported."""
    return heading(f"-> #{number} ", page.class_name(prev), " --> ", page.class_name(next_), f": {note}")


def column(kind: int, prev: LockClass, next_: LockClass, mode: int) -> list[str]:
    """Return what one thread does in the table: it takes `prev`, then waits for `next_` in this mode."""
    if kind & EVENT:
        return [f"lock({next_.name});", f"signal({prev.name});"]
    first = "rlock" if kind & SHARED else "lock"
    then = "wait" if kind & WAIT else "rlock" if kind & RECURSIVE else waiting_verb(mode)
    return [f"{first}({prev.name});", f"{then}({next_.name});"]


def waiting_verb(mode: int) -> str:
    """Return how the tables show a wait for a lock."""
    return "rlock" if mode & (READ | RECURSIVE_READ) else "sync" if mode & SYNC else "lock"
