"""How a report shows one dependency: the thread, both stacks, and its column of a scenario table."""

from __future__ import annotations

from collections.abc import Callable

from lockdep.fastpath import READ, RECURSIVE_READ, SYNC
from lockdep.graph.classes import LockClass
from lockdep.graph.dependency import Witness
from lockdep.graph.modules import is_module, module_name
from lockdep.splats.document import Line, Side
from lockdep.splats.page import TAKEN, Body, Page, frames, heading, line, plain
from lockdep.splats.sketch import Letters, calls
from lockdep.trace import NO_STACK
from lockdep.vocabulary.kinds import EVENT, RECURSIVE, SHARED, TIMED, WAIT

Taking = Callable[[str, LockClass], str]  # a verb and a class as a step of a scenario


def dependency_block(page: Page, number: int, prev: LockClass, next_: LockClass, kind: int, witness: Witness) -> Body:
    """Return the lines of one dependency: the thread, and both of its stacks."""
    lines: Body = ["", dependency_heading(page, number, prev, next_, witness.thread)]
    if kind & EVENT:
        lines += [line("   signalled ", plain(prev), " at:"), frames(witness.next_stack)]
        return [*lines, line("   with ", plain(next_), " held")]
    read = for_read(kind, prev)
    lines += [line("   held ", plain(prev), f"{read}, {TAKEN}:"), frames(witness.prev_stack)]
    how = "wait for what takes" if kind & WAIT else "acquire"
    run = f" ({witness.run})" if witness.run else ""
    read = " (recursive read)" if kind & RECURSIVE and not has_units(next_) else ""
    timed = " with a timeout" if kind & TIMED else ""
    lines += [line(f"   to {how}{run} ", plain(next_), f"{read}{timed} at:"), frames(witness.next_stack)]
    if witness.taken is not NO_STACK:
        lines += [line("   which took ", plain(next_), " at:"), frames(witness.taken)]
    return lines


def dependency_heading(page: Page, number: int, prev: LockClass, next_: LockClass, note: str) -> Line:
    """Return the line that begins a dependency. `note` is the thread, or says where the dependency was reported."""
    return heading(f"-> #{number} ", page.class_name(prev), " --> ", page.class_name(next_), f": {note}")


def by_name(verb: str, lock_class: LockClass) -> str:
    """Return a step of the table: `lock(NAME);`, and for the lock of a module `import NAME;`."""
    return f"import {module_name(lock_class)};" if is_module(lock_class) else f"{verb}({lock_class.name});"


def column(kind: int, prev: LockClass, next_: LockClass, mode: int, step: Taking = by_name) -> list[str]:
    """Return what one thread does in the table: it takes `prev`, then waits for `next_` in this mode.

    `step` makes one of them; by default it has the name of the class.
    """
    if kind & EVENT:
        return [step("lock", next_), step("signal", prev)]
    first = taking_verb(READ if kind & SHARED else 0, prev)
    then = "wait" if kind & WAIT else taking_verb(RECURSIVE_READ if kind & RECURSIVE else mode, next_)
    return [step(first, prev), step(then, next_)]


def sides(letters: Letters, prev: LockClass, next_: LockClass, kind: int, witness: Witness) -> list[Side]:
    """Return what the thread of one dependency does, and then what the run does that it waits for, if it does."""
    first, then, who = letters.of(prev), letters.of(next_), witness.thread
    if kind & EVENT:
        return [Side(f"{who} signals {first} while it holds {then}", calls((witness.next_stack, f"signals {first}")))]
    read = for_read(kind, prev)
    timed = " with a timeout" if kind & TIMED else ""
    if not kind & WAIT:
        stacks = (witness.prev_stack, f"holds {first}"), (witness.next_stack, f"wants {then}")
        return [Side(f"{who} took {what(first, prev)}{read}, then {what(then, next_)}{timed}", calls(*stacks))]
    run = witness.run or "another thread"
    stacks = (witness.prev_stack, f"holds {first}"), (witness.next_stack, "waits")
    waits = Side(f"{who} took {what(first, prev)}{read}, then waited for {run}{timed}", calls(*stacks))
    if witness.taken is NO_STACK:
        return [waits]
    return [waits, Side(f"{run} took {what(then, next_)}", calls((witness.taken, f"takes {then}")))]


def taking_verb(mode: int, lock_class: LockClass) -> str:
    """Return how the tables show that a lock of this class is taken, or waited for, in this mode."""
    if has_units(lock_class):
        return "acquire"
    return "rlock" if mode & (READ | RECURSIVE_READ) else "sync" if mode & SYNC else "lock"


def has_units(lock_class: LockClass) -> bool:
    """Return whether the locks of a class are semaphores of a program: others may take a unit of one meanwhile."""
    return lock_class.base.capacity is not None


def what(letter: str, lock_class: LockClass) -> str:
    """Return what a thread takes: the lock with this letter, or a unit of it."""
    return f"a unit of {letter}" if has_units(lock_class) else letter


def for_read(kind: int, prev: LockClass) -> str:
    """Return how a sentence goes on that says which lock was held at first."""
    return " for read" if kind & SHARED and not has_units(prev) else ""
