"""Learning dependencies, and the cycles they close: each is found once, graded by its evidence, and graded again.

The dependencies of a cycle are watched until it has the strongest grade: other instances, other threads or an
observation without the excuse of the earlier ones upgrade it. The caller holds the graph lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from lockdep import fastpath
from lockdep.config import Options
from lockdep.evidence.excuse import ChosenWitness
from lockdep.evidence.given_away import says_nothing
from lockdep.evidence.grading import Combinations, Verdict
from lockdep.evidence.instances import InstanceOrder
from lockdep.evidence.shortcuts import MOST_SHORTCUTS, Shortcut, find_shortcuts
from lockdep.evidence.ways import Step, ways_back
from lockdep.fastpath import Chain
from lockdep.graph.classes import LockClass
from lockdep.graph.dependency import Dependency, HeldLock, Witness
from lockdep.graph.graph import DependencyGraph
from lockdep.graph.usage_table import UsageTable
from lockdep.validator.acquisition import Acquisition
from lockdep.validator.checks.circular import check_circular
from lockdep.validator.watch import Watch
from lockdep.violations.book import FindingBook
from lockdep.violations.circular import CircularDependency
from lockdep.violations.finding import Finding
from lockdep.violations.where import Where
from lockdep.vocabulary.grades import ERRORS, EXCUSED, FEASIBLE, POTENTIAL, UNMATCHED
from lockdep.vocabulary.kinds import EVENT, RECURSIVE, SHARED, WAIT

SHORTCUTS_BUDGET = 64  # of the cycles that one acquisition closes
WAYS_BUDGET, MOST_WAYS = 200, 8  # locks to look at for cycles through one class twice, and cycles to judge
WEAK = (UNMATCHED, EXCUSED)  # grades of a cycle beside which a stronger one may go through the same classes
LONGER_PATH_BUDGET = 500  # steps of the search for a longer cycle whose instances match


class Cycles:
    """The dependency graph and its cycles. `died` says when locks of witnesses died: serial -> clock of serials."""

    def __init__(self, options: Options, book: FindingBook, usage: UsageTable, root: Chain) -> None:
        self.died: dict[int, int] = {}
        self.orders: dict[LockClass, InstanceOrder] = {}  # those within a class, see rings.py
        self._usage = usage
        self._shortcuts_left = 0
        self._options = options
        self._book = book
        self.restart(root)

    def restart(self, root: Chain) -> None:
        """Forget all dependencies. The chains below `root` are those that may be known from now on."""
        self.graph: DependencyGraph = DependencyGraph()
        self.watch: Watch = Watch()
        self._inferred: set[tuple[Dependency, int]] = set()  # beyond the nearest lock: no other rule has judged them
        self._root = root

    def knows(self, prev: LockClass, next_: LockClass, kind: int) -> bool:
        """Return whether this dependency was seen in this kind, and judged by all rules."""
        known = self.graph.find(prev, next_)
        return known is not None and kind in known.witnesses and (known, kind) not in self._inferred

    def learn(
        self, prev: LockClass, next_: LockClass, kind: int, witness: Witness, new: Acquisition, *, known: bool
    ) -> None:
        """Record prev -> next_ in the kind it was seen in, and judge the cycle it closes.

        `known` says that it was judged before in this kind. Cost: nothing to search if the dependency agrees with the
        rank order of the classes, else the search of check_circular.
        """
        seen = self.graph.find(prev, next_)
        if seen is not None and (known or (seen, kind) in self._inferred):
            self._inferred.discard((seen, kind))
            self.see_again(seen, kind, witness)
            return
        self._shortcuts_left = SHORTCUTS_BUDGET
        path = check_circular(self.graph, prev, next_, kind)
        dependency = self.graph.register_dependency(prev, next_)
        watch_deaths(prev, next_)
        self.keep(dependency, kind, witness, self._options.max_witnesses)
        if path is None:
            return
        grade = self._circular((*path, dependency), new.where())
        if grade in WEAK:
            self._longer_path(dependency, kind, new.where())
            self.close_ways(prev, next_, kind, witness)

    def see_again(self, dependency: Dependency, kind: int, witness: Witness) -> None:
        """Record another witness of a known dependency; it can make findings stronger.

        These instances may close a cycle that the earlier ones did not.
        """
        self._shortcuts_left = max(self._shortcuts_left, MOST_SHORTCUTS)
        if kind not in dependency.witnesses:
            if self._options.strict:
                return  # the kernel learns of the nearest lock only
            self._inferred.add((dependency, kind))
        most = self.watch.most(dependency, self._options.max_witnesses)
        if self.keep(dependency, kind, witness, most):
            self._regrade(dependency, kind, witness)
            self.close_ways(dependency.prev, dependency.next, kind, witness)

    def _circular(self, path: tuple[Dependency, ...], where: Where) -> str:
        """Make a finding of a cycle; return its grade."""
        verdict = self._judge(path)
        if len(path) > 2 and self._may_hide(verdict.grade):
            self._shorten(find_shortcuts(path), where)
        self._book.register_cycle(CircularDependency(path, verdict.steps, where), verdict)
        if verdict.grade != FEASIBLE:
            self.watch.add(path, self.graph, self._root)
        return verdict.grade

    def _may_hide(self, grade: str) -> bool:
        """Return whether a shorter cycle may be worse than one of this grade. The kernel looks for none."""
        return grade in WEAK and not self._options.strict

    def _shorten(self, shortcuts: Sequence[Shortcut], where: Where) -> None:
        """Judge the cycles that are left if a thread which holds several locks of a cycle waits with the first."""
        for shortcut in shortcuts:
            self._shortcuts_left -= 1
            if self._shortcuts_left < 0:
                return
            kind, known = shortcut.kind, self.graph.find(shortcut.prev, shortcut.next)
            if known is not None and kind in known.witnesses:
                self.see_again(known, kind, shortcut.witness)
                continue
            path = check_circular(self.graph, shortcut.prev, shortcut.next, kind)
            dependency = self.graph.register_dependency(shortcut.prev, shortcut.next)
            self._inferred.add((dependency, kind))
            self.keep(dependency, kind, shortcut.witness, self._options.max_witnesses)
            if path is not None:
                self._circular((*path, dependency), where)

    def _judge(self, path: Sequence[Dependency], new: ChosenWitness | None = None) -> Verdict:
        """Grade a cycle. `new` is a witness of the first dependency that was not there when it was graded last."""
        columns = [dependency.all_witnesses(timed=True) for dependency in path]
        classes = [dependency.prev for dependency in path]
        excusable = not self._options.strict and not any(map(has_gaps, path))
        crowded = any(dependency.crowded for dependency in path)
        return Combinations(
            columns, classes, self.died, new, excusable=excusable, crowded=crowded, is_written=self._usage.is_written,
            holders=self._waiting_holders,
        ).judge()  # fmt: skip

    def _waiting_holders(self, lock_class: LockClass, serial: int) -> set[int] | None:
        """Return the threads that have wanted a lock under this one; None if some of them may not be known."""
        inside = None if lock_class.base.capacity is None else lock_class.base.capacity.inside
        rows = self.graph.after.get(lock_class, {})
        after = [dependency for next_, dependency in rows.items() if next_ is not inside]
        if any(dependency.crowded or dependency.has_gaps for dependency in after):
            return None
        seen = [witness for dependency in after for _, witness in dependency.all_witnesses(timed=True)]
        return {witness.thread_serial for witness in seen if witness.prev_serial == serial}

    def close_ways(self, prev: LockClass, next_: LockClass, kind: int, witness: Witness) -> None:
        """Judge the cycles that a new observation closes and that pass one class twice, with different locks.

        There is none unless the classes close cycles whose observations name different locks.
        """
        if kind & (EVENT | WAIT) or self._options.strict or not self.watch.touches(prev, next_):
            return
        first = Step(prev, next_, witness.next_serial, ((kind, witness),))
        where = where_of(prev, witness)
        ways = ways_back(self.graph, self.orders, first, WAYS_BUDGET)
        for way in list(islice(ways, MOST_WAYS)):  # a shortcut adds dependencies
            path = tuple([step.dependency() for step in (*way[1:], way[0])])
            verdict = self._judge(path)
            if self._may_hide(verdict.grade):
                self._shorten(find_shortcuts(path), where)
            if verdict.grade != EXCUSED or not any(step.gaps for step in way):
                violation = CircularDependency(path, verdict.steps, where)
                self._book.register(violation, verdict.grade, verdict.reason, verdict.excuses)

    def _longer_path(self, closing: Dependency, kind: int, where: Where) -> None:
        """Judge a longer cycle that the same instances close, when those of the shortest differ or are excused."""
        start, shared = (closing.next, bool(kind & RECURSIVE)), bool(kind & SHARED)
        paths = self.graph.find_paths(start, closing.prev, goal_shared=shared, budget=LONGER_PATH_BUDGET)
        for path in list(paths):  # a shortcut adds dependencies
            grade = self._judge((*path, closing)).grade
            if grade in ERRORS:
                self._circular((*path, closing), where)
                return
            if self._may_hide(grade):
                self._shorten(find_shortcuts((*path, closing)), where)

    def _regrade(self, dependency: Dependency, kind: int, witness: Witness) -> None:
        """Grade the findings with this dependency again, with a new witness of it."""
        for finding in list(self._book.with_dependency(dependency)):
            violation = finding.violation
            if isinstance(violation, CircularDependency):
                at = violation.path.index(dependency)
                path = (*violation.path[at:], *violation.path[:at])
                verdict = self._judge(path, (kind, witness))
                turned = verdict.steps[len(path) - at :] + verdict.steps[: len(path) - at]
                self._upgrade(finding, verdict._replace(steps=turned))
                if len(path) > 2 and self._may_hide(verdict.grade):
                    self._shorten(find_shortcuts(path, witness), violation.where)

    def _upgrade(self, finding: Finding, verdict: Verdict) -> None:
        """Use a new verdict for the finding of a cycle, if it is stronger."""
        old = finding.violation
        assert isinstance(old, CircularDependency)
        self._book.upgrade(finding, CircularDependency(old.path, verdict.steps, old.where), verdict)

    def reconsider(self) -> None:
        """Grade what is excused again: an excuse may not hold any more."""
        for finding in self._book.findings():
            violation = finding.violation
            if finding.grade == EXCUSED and isinstance(violation, CircularDependency):
                self._upgrade(finding, self._judge(violation.path))

    def settle(self) -> None:
        """Excuse the cycles for which an excuse has become known since they were found, and no others any more."""
        self.reconsider()
        for finding in self._book.findings():
            violation = finding.violation
            if finding.grade in (FEASIBLE, POTENTIAL) and isinstance(violation, CircularDependency):
                verdict = self._judge(violation.path)
                if verdict.grade == EXCUSED:
                    finding.use(verdict.grade, verdict.reason, verdict.excuses)

    def keep(self, dependency: Dependency, kind: int, witness: Witness, most: int) -> bool:
        """Keep a witness of a dependency, and note when its locks die. Return whether it was kept."""
        kept = dependency.mark_seen(kind, witness, most)
        if kept:
            fastpath.note_death(witness.prev_serial, self.died)
            fastpath.note_death(witness.next_serial, self.died)
        return kept


def where_of(prev: LockClass, witness: Witness) -> Where:
    """Return where an observation was made."""
    held = HeldLock(prev, witness.prev_serial, witness.prev_stack, witness.mode)
    return Where(witness.thread, (*witness.others, held), witness.next_stack)


def has_gaps(dependency: Dependency) -> bool:
    """Return whether there may be observations of a dependency for which none of those that are kept stands.

    If all of these are of semaphores that are signals, the others are taken for such, too.
    """
    return dependency.has_gaps and not all(
        says_nothing(dependency, witness) for _, witness in dependency.all_witnesses(timed=True)
    )


def watch_deaths(*classes: LockClass) -> None:
    """Let the fast path record when instances of these classes die. Grading needs to know which lived together."""
    for lock_class in classes:
        lock_class.entry(fastpath.BLOCKING).watched = True
