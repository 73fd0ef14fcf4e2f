"""Makes the parts of a brief: letters for lock classes, and the calls of a thread as one stack.

No generator is left before its end here and in the other modules that tell a finding: what a signal handler raises
while one is closed would be lost.

The stacks of one thread mostly begin with the same calls. Put together they are read once, from the outermost call to
the innermost one, with a mark on each line that takes a lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_uppercase
from typing import Protocol

from lockdep.graph.classes import LockClass
from lockdep.graph.modules import is_module, module_name
from lockdep.graph.naming import shown_kind
from lockdep.splats.document import ClassName, Letter, Scenario, Side
from lockdep.splats.page import Page
from lockdep.trace import Frame, StackTrace
from lockdep.violations.where import HeldLock, Where
from lockdep.vocabulary.kinds import PROCESS

LONGEST_HEAD, SHORTEST_HEAD = 34, 12  # characters of a thread's name above a scenario
ROOM, GAP = 78, 3  # characters of all columns of a scenario, and between two of them
Calls = tuple[tuple[Frame, str], ...]


class Letters:
    """The letters of the classes of one report, in the order in which they are asked for."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._letters: dict[LockClass, str] = {}

    def of(self, lock_class: LockClass) -> str:
        """Return the letter of a class: A to Z, then L27 and so on."""
        number = len(self._letters)
        letter = ascii_uppercase[number] if number < len(ascii_uppercase) else f"L{number + 1}"
        return self._letters.setdefault(lock_class, letter)

    def taking(self, verb: str, lock_class: LockClass) -> str:
        """Return a step of a scenario: `lock(A);`, and for the lock of a module `import NAME;`."""
        if is_module(lock_class):
            return f"import {module_name(lock_class)};"
        return f"{verb}({self.of(lock_class)});"

    def rows(self) -> tuple[Letter, ...]:
        """Return the classes with their letters."""
        kinds = {PROCESS: "multiprocessing"}
        shown = [(letter, one, shown_kind(one)) for one, letter in self._letters.items()]
        return tuple(Letter(letter, self._name(one), kinds.get(kind, kind)) for letter, one, kind in shown)

    def _name(self, lock_class: LockClass) -> ClassName:
        return ClassName(lock_class.name, self._page.class_text(lock_class))


def calls(*stacks: tuple[StackTrace, str]) -> Calls:
    """Return the calls of one thread, outermost first: each of its stacks, in order of time, ends with a mark."""
    found: list[Frame] = []
    marks: dict[int, list[str]] = {}
    path: list[int] = []  # where in `found` the frames of the last stack are
    for stack, mark in stacks:
        frames = stack.frames()[::-1]
        before = [found[at] for at in path]
        cut, start = overlap(before, frames)
        path, frames = path[cut:], frames[start:]
        same = common(before[cut:], frames)
        path = [*path[:same], *range(len(found), len(found) + len(frames) - same)]
        found += frames[same:]
        if path:
            marks.setdefault(path[-1], []).append(mark)
    return tuple((frame, ", ".join(marks.get(at, ()))) for at, frame in enumerate(found))


def overlap(before: Sequence[Frame], frames: Sequence[Frame]) -> tuple[int, int]:
    """Return how many outermost frames of each are to be left out, so that both begin with the same call.

    A long stack has lost its outermost calls. Of two that are cut at the same depth, the one with more calls begins
    further in. The longest run of equal calls decides, as a test runner calls itself in turns.
    """
    starts = [(at, 0) for at in range(len(before))] + [(0, at) for at in range(1, len(frames))]
    found = max(starts, key=lambda at: common(before[at[0] :], frames[at[1] :]), default=(0, 0))
    return found if common(before[found[0] :], frames[found[1] :]) else (0, 0)


def common(some: Sequence[Frame], others: Sequence[Frame]) -> int:
    """Return how many frames both begin with."""
    for at, (one, other) in enumerate(zip(some, others, strict=False)):
        if one != other:
            return at
    return min(len(some), len(others))


def standing(letters: Letters, where: Where, mark: str) -> Calls:
    """Return the calls of a thread: where it took each lock that it holds, and where it is, with this mark."""
    held = [(lock.stack, f"holds {letters.of(lock.lock_class)}") for lock in where.held]
    return calls(*held, (where.stack, mark))


def holding(letters: Letters, where: Where) -> str:
    """Return that a thread holds locks, as the beginning of what it does; '' if it holds none."""
    held = dict.fromkeys(letters.of(lock.lock_class) for lock in where.held)
    return f"holds {', '.join(held)} and " if held else ""


class WaitUnderLock(Protocol):
    """A violation by a thread that waits while it holds the lock `prev`."""

    @property
    def prev(self) -> HeldLock: ...

    @property
    def where(self) -> Where: ...

    @property
    def awaited(self) -> str: ...

    @property
    def awaited_place(self) -> str: ...

    @property
    def timed(self) -> bool: ...


def waiting_side(lock: str, violation: WaitUnderLock) -> Side:
    """Return where a thread took the lock with this letter, and where it waits."""
    timed = " with a timeout" if violation.timed else ""
    awaited = f"{violation.awaited} [{violation.awaited_place}]{timed}"
    stacks = (violation.prev.stack, f"holds {lock}"), (violation.where.stack, "waits")
    return Side(f"{violation.where.thread} holds {lock}, and waits for {awaited}", calls(*stacks))


def scene(columns: Sequence[tuple[str, Sequence[str]]]) -> Scenario:
    """Return a table of threads by name, with what each does. All do their first step, then all their second one."""
    rows = range(max(len(steps) for _, steps in columns))
    steps = tuple((at, does[row]) for row in rows for at, (_, does) in enumerate(columns) if row < len(does))
    return Scenario(steps, short_heads([name for name, _ in columns]))


def short_heads(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of threads for a table: the middle of a long one is left out, as pools number at the end."""
    longest = min(max(ROOM // len(names) - GAP, SHORTEST_HEAD), LONGEST_HEAD)
    return tuple(name if len(name) <= longest else f"{name[: longest - 6]}...{name[-3:]}" for name in names)
