"""What all splats are made of: classes, held locks, stacks, scenario tables. No addresses, ids or absolute paths."""

from __future__ import annotations

from collections.abc import Sequence

from lockdep import fastpath
from lockdep.graph.classes import LockClass
from lockdep.trace import StackTrace, site
from lockdep.violations.finding import Finding
from lockdep.violations.where import HeldLock, Where

Lines = list[str]

# The pure build does not know where a held lock was taken this time, only where its chain was first reached.
TAKEN = "taken at" if fastpath.BUILD == "compiled" else "first taken at"
WIDEST = 118
INFO = "other info that might help us debug this:"
SCENARIO = " Possible unsafe locking scenario:"
DEADLOCK = " *** DEADLOCK ***"


class Page:
    """Writes about the lock classes of one finding, as they were when it was found."""

    def __init__(self, finding: Finding) -> None:
        self._finding = finding

    def class_text(self, lock_class: LockClass) -> str:
        """Return a class as the kernel prints it: `(name){+.+.}-{4:4}`."""
        text = self._finding.class_text(lock_class)
        return f"({lock_class.name}){text[len(lock_class.name) :]}"

    def class_line(self, lock_class: LockClass) -> str:
        """Return a class on a line of its own, with the type of lock."""
        return f"  {self.class_text(lock_class)} [{lock_class.kind}]"

    def lock_text(self, lock: HeldLock) -> str:
        """Return a held lock and where it was taken."""
        return f"{self.class_text(lock.lock_class)}, at: {site(lock.stack)}"

    def held_list(self, where: Where) -> Lines:
        """Return the locks that a thread holds, outermost first."""
        if not where.held:
            return [f"no locks held by {where.thread}."]
        count = len(where.held)
        lines = [f"{count} lock{'s' if count > 1 else ''} held by {where.thread}:"]
        return lines + [f" #{i}: {self.lock_text(lock)}" for i, lock in enumerate(where.held)]

    def tail(self, where: Where) -> Lines:
        """Return how most reports end: what is held, and where the thread is."""
        return [*self.held_list(where), *backtrace(where.stack)]


def outcome(*, timed: bool) -> str:
    """Return what the scenario ends in: a wait with a timeout does not last for ever."""
    return " *** STALL ***" if timed else DEADLOCK


def table(columns: Sequence[Sequence[str]]) -> Lines:
    """Return what each thread does, one column for each: all first rows before all second rows."""
    rows = range(max(map(len, columns)))
    return timeline([(i, column[row]) for row in rows for i, column in enumerate(columns) if row < len(column)])


def timeline(steps: Sequence[tuple[int, str]], name: str = "thread ") -> Lines:
    """Return what the threads do, (thread, what) in the order of time; stacked when columns would be too wide."""
    width = max(len(text) for _, text in steps) + 3
    columns = range(max(thread for thread, _ in steps) + 1)
    if width * len(columns) > WIDEST:
        return [f"  {name}{thread}: {text}" for thread, text in steps]
    lines = ["  " + "".join(f"{name}{i}".ljust(width) for i in columns).rstrip()]
    lines += ["  " + "".join(("-" * len(f"{name}0")).ljust(width) for _ in columns).rstrip()]
    return lines + ["  " + " " * (width * thread) + text for thread, text in steps]


def backtrace(stack: StackTrace) -> Lines:
    """Return the last section of most reports."""
    return ["", "stack backtrace:", *stack_lines(stack)]


def stack_lines(stack: StackTrace) -> Lines:
    """Return a stack, innermost frame first, each frame with its source line."""
    lines: Lines = []
    for frame in stack.frames():
        lines.append(f"      {frame.file}:{frame.line} in {frame.function}")
        if frame.source:
            lines.append(f"        {frame.source}")
    return lines or ["      (no stack)"]
