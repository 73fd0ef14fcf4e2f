"""Instances of one class that are held together: the orders in which they are taken, and the rings of these orders.

A ring that is excused is judged again when an excuse may not hold any more. The caller holds the graph lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from lockdep.config import Options
from lockdep.evidence.excuse import ChosenWitness
from lockdep.evidence.grading import Combinations, Verdict
from lockdep.evidence.instances import InstanceOrder, Pair, further_rings
from lockdep.graph.classes import LockClass
from lockdep.graph.usage_table import UsageTable
from lockdep.validator.acquisition import Acquisition
from lockdep.validator.checks.same_class import check_same_class
from lockdep.validator.cycles import Cycles, watch_deaths
from lockdep.validator.nesting import kind_of
from lockdep.violations.book import FindingBook
from lockdep.violations.finding import Finding
from lockdep.violations.ring import InstanceRing
from lockdep.violations.where import HeldLock, Where
from lockdep.vocabulary.grades import EXCUSED, rank

FURTHER_RINGS_BUDGET = 100  # steps of the search for a ring without an excuse
MOST_EXCUSED = 256  # rings that are judged again


class Ring(NamedTuple):
    """The pairs that lead from the end of the pair `last` back to its beginning; `where` it was closed."""

    lock_class: LockClass
    pairs: Sequence[Pair]
    last: ChosenWitness
    where: Where


class Rings:
    """The orders of the instances of each class."""

    def __init__(self, options: Options, book: FindingBook, usage: UsageTable, cycles: Cycles) -> None:
        self.orders: dict[LockClass, InstanceOrder] = cycles.orders
        self._options = options
        self._book = book
        self._usage = usage
        self._cycles = cycles
        self._excused: list[tuple[Finding, Ring]] = []
        self._of_units: list[tuple[Finding, Ring]] = []  # those that are not, of semaphores

    def learn(self, new: Acquisition, prev: HeldLock, *, thorough: bool) -> None:
        """Judge the order in which two locks of one class are taken; with `thorough` also one that is known."""
        kind = kind_of(prev.mode, new.mode)
        order = self.orders.setdefault(new.lock_class, InstanceOrder(self._options.max_pairs))
        watch_deaths(new.lock_class)
        witness = new.witness(prev, new.serial)
        if not order.mark_seen(kind, witness) and not thorough:
            return
        self._cycles.close_ways(new.lock_class, new.lock_class, kind, witness)
        pairs = check_same_class(order, kind, witness)
        if pairs is None:
            return
        last, where = (kind, witness), new.where()
        rings = [Ring(new.lock_class, pairs, last, where)]
        verdict = self._judge(rings[0])
        for other in further_rings(order, witness, FURTHER_RINGS_BUDGET) if verdict.grade == EXCUSED else ():
            rings.append(Ring(new.lock_class, other, last, where))
            verdict = min(verdict, self._judge(rings[-1]), key=lambda one: rank(one.grade))
        finding = self._book.register(violation_of(rings[0], verdict), verdict.grade, verdict.reason, verdict.excuses)
        if verdict.grade == EXCUSED:
            self._excused += [(finding, ring) for ring in rings]
            del self._excused[:-MOST_EXCUSED]
        elif new.lock_class.base.capacity is not None:
            self._of_units += [(finding, ring) for ring in rings]
            del self._of_units[:-MOST_EXCUSED]

    def reconsider(self) -> None:
        """Judge the rings that are excused again: an excuse may not hold any more."""
        for finding, ring in self._excused:
            if finding.grade == EXCUSED:
                verdict = self._judge(ring)
                self._book.upgrade(finding, violation_of(ring, verdict), verdict)
        self._excused = [(finding, ring) for finding, ring in self._excused if finding.grade == EXCUSED]

    def settle(self) -> None:
        """Excuse the rings of semaphores that are signals."""
        errors: dict[Finding, list[Verdict]] = {}
        for finding, ring in self._of_units:
            errors.setdefault(finding, []).append(self._judge(ring))
        for finding, verdicts in errors.items():
            if finding.grade != EXCUSED and all(verdict.grade == EXCUSED for verdict in verdicts):
                finding.use(*verdicts[0][:2], verdicts[0].excuses)

    def _judge(self, ring: Ring) -> Verdict:
        columns = [[ring.last], *(pair.seen for pair in ring.pairs)]
        excusable = not self._options.strict and not any(pair.crowded for pair in ring.pairs)
        return Combinations(
            columns, [ring.lock_class], self._cycles.died, ring.last, excusable=excusable,
            is_written=self._usage.is_written,
        ).judge()  # fmt: skip


def violation_of(ring: Ring, verdict: Verdict) -> InstanceRing:
    """Return what is wrong with a ring; the witness that closed it is the last one."""
    steps = tuple([seen for _, seen in (*verdict.steps[1:], verdict.steps[0])])
    return InstanceRing(ring.lock_class, steps, ring.where)
