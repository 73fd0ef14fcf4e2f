"""Parts of all reports: classes, held locks, stacks, scenario tables. Without addresses, ids and absolute paths."""

from __future__ import annotations

from collections.abc import Sequence

from lockdep import fastpath
from lockdep.graph.classes import LockClass
from lockdep.graph.naming import shown_kind
from lockdep.splats.document import DEADLOCK, STALL, Block, ClassName, Line, Part, Place, Scenario, Stack, Verdict
from lockdep.trace import StackTrace
from lockdep.violations.finding import Finding
from lockdep.violations.where import HeldLock, Where

Body = list[str | Block]  # a str is a line that names no class and no place

# The pure build does not record where a held lock was taken, only where its lock chain was first seen.
TAKEN = "taken at" if fastpath.BUILD == "compiled" else "first taken at"
INFO = Line(("other info that might help us debug this:",), heading=True)
SCENARIO = Line((" Possible unsafe locking scenario:",), heading=True)


class Page:
    """Makes the parts of a report that show lock classes, with the usage bits they had when the finding was made."""

    def __init__(self, finding: Finding) -> None:
        self._finding = finding

    def class_name(self, lock_class: LockClass) -> ClassName:
        """Return a class as the kernel prints it: `(name){+.+.}-{4:4}`."""
        return ClassName(lock_class.name, f"({lock_class.name}){self.class_text(lock_class)}")

    def class_text(self, lock_class: LockClass) -> str:
        """Return what the kernel prints after the name of a class: `{+.+.}-{4:4}`."""
        return self._finding.class_text(lock_class)[len(lock_class.name) :]

    def class_line(self, lock_class: LockClass) -> Line:
        """Return a class on a line of its own, with the type of lock."""
        return line("  ", self.class_name(lock_class), f" [{shown_kind(lock_class)}]")

    def lock_parts(self, lock: HeldLock) -> tuple[Part, ...]:
        """Return a held lock and where it was taken."""
        return self.class_name(lock.lock_class), ", at: ", place(lock.stack)

    def held_list(self, where: Where) -> Body:
        """Return the locks that a thread holds, outermost first."""
        if not where.held:
            return [f"no locks held by {where.thread}."]
        count = len(where.held)
        head = heading(f"{count} lock{'s' if count > 1 else ''} held by {where.thread}:")
        return [head, *(line(f" #{i}: ", *self.lock_parts(lock)) for i, lock in enumerate(where.held))]

    def tail(self, where: Where) -> Body:
        """Return the end of most reports: the held locks, and the stack of the thread."""
        return [*self.held_list(where), *backtrace(where.stack)]


def line(*parts: Part) -> Line:
    """Return a line of these parts."""
    return Line(parts)


def heading(*parts: Part) -> Line:
    """Return a line that begins a section."""
    return Line(parts, heading=True)


def plain(lock_class: LockClass) -> ClassName:
    """Return a class by its name alone."""
    return ClassName(lock_class.name, lock_class.name)


def place(stack: StackTrace) -> Part:
    """Return the innermost frame of a stack as a part of a line."""
    shown = stack.frames()
    return Place(shown[0]) if shown else "an unknown place"


def frames(stack: StackTrace) -> Stack:
    """Return the frames of the program in a stack, as a block."""
    return Stack(tuple(stack.frames()))


def backtrace(stack: StackTrace) -> Body:
    """Return the last section of most reports."""
    return ["", heading("stack backtrace:"), frames(stack)]


def outcome(*, timed: bool) -> Verdict:
    """Return the verdict: a deadlock, or a stall if a wait has a timeout."""
    return Verdict(STALL if timed else DEADLOCK)


def table(columns: Sequence[Sequence[str]]) -> Scenario:
    """Return a table with a column for each thread. All threads do their first step, then all their second one."""
    rows = range(max(map(len, columns)))
    return Scenario(tuple((i, column[row]) for row in rows for i, column in enumerate(columns) if row < len(column)))


def chain_line(classes: Sequence[LockClass]) -> Line:
    """Return the names of classes in the order of their dependencies."""
    first, *others = classes
    return line("  ", plain(first), *(part for one in others for part in (" --> ", plain(one))))
