"""Sums that grow while snapshots are merged: of the kinds of a dependency, and of stacks.

They take records, and also the rows of a file, which have the same fields. Each keeps what its record is made of in the
end, so that adding what is known already costs some look-ups and no new object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from lockdep.snapshots.records import MOST_WITNESSES, Frame, KindRecord, Stack, WitnessRecord

Observed = tuple[int, int, str, str, tuple[str, ...]]  # held and wanted by number, thread, awaited, others


class StackTable:
    """All stacks by number; equal ones have one number."""

    def __init__(self) -> None:
        self._frames: dict[Frame, int] = {}
        self._in_order: list[Frame] = []
        self._stacks: dict[tuple[int, ...], int] = {}
        self._whole: list[Stack] = []

    def __getitem__(self, number: int) -> Stack:
        return self._whole[number]

    def numbers(self, frames: Iterable[Frame], stacks: Iterable[tuple[int, ...]]) -> list[int]:
        """Return our number of each of these stacks, which are the numbers of their frames."""
        known = list(map(self._frame, frames))
        return [self._add(tuple([known[at] for at in steps])) for steps in stacks]

    def number(self, stack: Stack) -> int:
        """Return the number of a stack."""
        return self._add(tuple(map(self._frame, stack)))

    def _frame(self, frame: Frame) -> int:
        number = self._frames.setdefault(frame, len(self._in_order))
        if number == len(self._in_order):
            self._in_order.append(frame)
        return number

    def _add(self, steps: tuple[int, ...]) -> int:
        number = self._stacks.setdefault(steps, len(self._stacks))
        if number == len(self._whole):
            self._whole.append(tuple([self._in_order[at] for at in steps]))
        return number


class ByIdentity:
    """Looks up the number of a stack by the object: the stacks of one snapshot are interned, and live as long as it."""

    def __init__(self, number: Callable[[Stack], int]) -> None:
        self._number = number
        self._known: dict[int, int] = {}

    def __getitem__(self, stack: Stack) -> int:
        found = self._known.get(id(stack))
        return self._known.setdefault(id(stack), self._number(stack)) if found is None else found


class KindTotal:
    """One kind of a dependency. `runs` has a bit for each run that saw it."""

    __slots__ = ("_seen", "count", "runs", "saturated")

    def __init__(self) -> None:
        self.count: int = 0
        self.runs: int = 0
        self.saturated: bool = False
        self._seen: list[list[Any]] = []  # Observed, then the count and the smallest run; a few, so they are searched

    def add(self, kind: Any, runs: int, stacks: Any, names: Any, table: StackTable) -> None:
        """Add a kind that the runs of these bits saw. `stacks` and `names` translate what its witnesses refer to."""
        self.count += kind.count
        self.runs |= runs
        if kind.saturated:
            self.saturated = True
        for one in kind.witnesses:
            held, wanted, run = stacks[one.held], stacks[one.wanted], names[one.run]
            for known in self._seen:
                if (
                    known[0] == held
                    and known[1] == wanted
                    and known[2] == one.thread
                    and known[4] == one.others
                    and known[3] == one.awaited
                ):
                    known[5] += one.count
                    if run < known[6]:
                        known[6] = run
                    break
            else:
                self._seen.append([held, wanted, one.thread, one.awaited, one.others, one.count, run])
        if len(self._seen) > MOST_WITNESSES:
            self.saturated = True
            del self._in_order(table)[MOST_WITNESSES:]

    def observed(self) -> Iterator[Observed]:
        """Yield what the witnesses saw."""
        for held, wanted, thread, awaited, others, _count, _run in self._seen:
            yield held, wanted, thread, awaited, others

    def _in_order(self, table: StackTable) -> list[list[Any]]:
        if len(self._seen) > 1:
            self._seen.sort(key=lambda seen: (table[seen[0]], table[seen[1]], *seen[2:5]))
        return self._seen

    def record(self, kind: str, runs: frozenset[str], table: StackTable) -> KindRecord:
        """Return the record of this kind."""
        witnesses = [
            WitnessRecord(table[held], table[wanted], thread, awaited, run, count, others)
            for held, wanted, thread, awaited, others, count, run in self._in_order(table)
        ]
        return KindRecord(kind, runs, self.count, tuple(witnesses), self.saturated)
