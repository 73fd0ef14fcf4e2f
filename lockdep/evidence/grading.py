"""The grade of a cycle: which combination of observations makes it strongest, and what excuses the others.

Evidence makes a finding stronger, and missing evidence excuses none. A cycle is excused only if every combination of
witnesses is, and if no witness was dropped. It is feasible if distinct threads close it with the same instances all the
way round, and neither an excuse nor an order is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import chain, islice, product
from typing import NamedTuple

from lockdep.evidence.confinement import find_confinement
from lockdep.evidence.excuse import ChosenWitness, Excuse
from lockdep.evidence.fresh import find_fresh
from lockdep.evidence.gate import GATES, find_doubtful_gate, find_gate, find_process_gate, guards_of
from lockdep.evidence.given_away import find_given_away
from lockdep.evidence.one_import import find_one_import
from lockdep.evidence.one_worker import find_one_worker
from lockdep.evidence.order import find_order
from lockdep.evidence.owned import find_owners
from lockdep.evidence.readers import find_readers
from lockdep.evidence.units import Holders, find_units
from lockdep.evidence.witnesses import TOGETHER, WAITED, Walk, choose_walk, walk_of
from lockdep.evidence.wrapped import find_wrapper
from lockdep.graph.classes import LockClass
from lockdep.vocabulary.grades import EXCUSED, FEASIBLE, POTENTIAL, STALL, UNMATCHED, rank
from lockdep.vocabulary.kinds import PROCESS

MOST_COMBINATIONS = 1024

Rule = Callable[[Sequence[ChosenWitness], Sequence[LockClass]], Excuse | None]
Columns = Sequence[Sequence[ChosenWitness]]  # the observations of each dependency of a cycle, in order

EXCUSES: Sequence[Rule] = (  # the first that holds is named
    find_gate, find_fresh, find_confinement, find_one_import, find_given_away,
)  # fmt: skip
OF_THREADS: Sequence[Rule] = (find_one_worker,)  # those that hold only if all threads were seen


def unknown_holders(_lock_class: LockClass, _serial: int) -> set[int] | None:
    """Return None: who waits while he holds a unit is not known."""
    return None


class Verdict(NamedTuple):
    """The grade of a cycle, the reason in words, and the witnesses that show it best. `excuses` are those that hold."""

    grade: str
    reason: str | Excuse
    steps: tuple[ChosenWitness, ...]
    excuses: tuple[Excuse, ...] = ()


class Combinations:
    """The combinations of witnesses of a cycle of `classes`; if there are too many, not all of them."""

    def __init__(
        self,
        columns: Columns,
        classes: Sequence[LockClass],
        died: Mapping[int, int],
        new: ChosenWitness | None,
        *,
        excusable: bool,
        crowded: bool = False,
        is_written: Callable[[LockClass], bool] = bool,
        holders: Holders = unknown_holders,
    ) -> None:
        self.rules: list[Rule] = []
        if excusable and {lock_class.kind for lock_class in classes} == {PROCESS}:
            # The others know nothing of the threads of other processes. Nor does find_units; but where this process
            # leaves a unit, nothing says that others want it.
            self.rules += [find_process_gate, partial(find_units, holders=holders)]
        elif excusable:
            self.rules += [*EXCUSES, partial(find_readers, is_written=is_written), partial(find_units, holders=holders)]
            self.rules += [] if crowded else OF_THREADS
        self.classes = classes
        self.died = died
        best = choose_walk(columns, died, new)
        count = 1
        for column in columns:
            count *= len(column)
        if count > MOST_COMBINATIONS and new is not None:
            columns = [[new], *columns[1:]]
        all_steps = islice(product(*columns), MOST_COMBINATIONS)
        self.walks: Iterable[Walk] = chain([best], map(partial(walk_of, died=died), all_steps))
        self.excusable: bool = excusable and count <= MOST_COMBINATIONS

    def judge(self) -> Verdict:
        """Return the verdict of the strongest combination."""
        found: list[tuple[int, int, Verdict]] = []
        harmless: dict[int, Excuse] = {}  # why combinations with the same instances are excused, by their witnesses
        for walk in self.walks:
            verdict = self._verdict(walk)
            if verdict.grade == FEASIBLE:
                return verdict
            if verdict.grade == EXCUSED and is_matched(walk):
                harmless.update((id(witness), verdict.excuses[0]) for _, witness in walk[1])
            found.append((rank(verdict.grade), walk[0], verdict))
        weighed = [row for row in found if row[2].grade != EXCUSED and not is_beside(row, harmless)]
        if weighed:
            return min(weighed, key=lambda row: row[:2])[2]
        excuses = tuple(dict.fromkeys(one for row in found for one in row[2].excuses))
        steps = min(found, key=lambda row: row[1])[2].steps
        if self.excusable:
            return Verdict(EXCUSED, excuses[0], steps, excuses)
        return Verdict(POTENTIAL, "the same locks close the cycle, in more ways than could be looked at", steps)

    def _verdict(self, walk: Walk) -> Verdict:
        paid, steps = walk
        for rule in self.rules:
            excuse = rule(steps, self.classes)
            if excuse is not None:
                return Verdict(EXCUSED, excuse, steps, (excuse,))
        return Verdict(*grade_walk(paid, steps, self.classes), steps)


def is_matched(walk: Walk) -> bool:
    """Return whether the same instances close a cycle."""
    return walk[0] % WAITED == 0


def is_beside(row: tuple[int, int, Verdict], harmless: Mapping[int, Excuse]) -> bool:
    """Return whether a combination of different instances has one whose own cycle is known to be excused.

    If that is by a gate, the other side has to hold one of its class, too, for the locks of its own object.
    """
    _, paid, verdict = row
    excuses = [harmless[id(witness)] for _, witness in verdict.steps if id(witness) in harmless]
    return paid % WAITED > 0 and any(is_excused_alike(verdict.steps, excuse) for excuse in excuses)


def is_excused_alike(steps: Sequence[ChosenWitness], excuse: Excuse) -> bool:
    """Return whether an excuse of the locks of one object may hold for those of others as well."""
    if excuse.rule not in GATES:
        return True
    return all(any(guard.lock_class is excuse.lock_class for guard in guards_of(step).values()) for step in steps)


def grade_walk(paid: int, steps: Sequence[ChosenWitness], classes: Sequence[LockClass]) -> tuple[str, str | Excuse]:
    """Return grade and reason of one combination without an excuse. `paid` is its cost."""
    ring = len(classes) == 1
    same = (
        f"{len(steps)} locks of one class are taken in a ring of orders" if ring else "the same locks close the cycle"
    )
    if paid >= WAITED:
        timeout = "one of the waits has a timeout"
        return STALL, f"{same}, but {timeout}" if ring else f"{timeout}: not for ever, but that long"
    if paid >= TOGETHER:
        different = "the observations name different locks that lived at the same time"
        return UNMATCHED, f"the classes close a cycle, but {different}"
    count = len({witness.thread_serial for _, witness in steps})
    seen = "all in one thread" if count == 1 else f"in {count} threads"
    if paid:
        apart = find_owners(steps, classes) or find_wrapper(steps, classes)
        if apart is not None:
            return UNMATCHED, apart
        how = "with locks that were made anew in between, or too many to remember"
        return POTENTIAL, f"the classes close a cycle, seen {seen}, {how}"
    if count < len(steps):
        return POTENTIAL, f"{same}, seen {seen}"
    gate = find_doubtful_gate(steps)
    if gate is not None:
        return POTENTIAL, Excuse(f"{same}, seen {seen}, but under a common lock", "one of the locks of {}", gate)
    order = find_order(steps)
    if order is not None:
        return POTENTIAL, f"{same}, seen {seen}, but {order}"
    return FEASIBLE, f"{same}, seen {seen}, with no lock in common"
