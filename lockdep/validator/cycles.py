"""Dependencies as they are learned, and the cycles they close: found, graded, watched, graded again.

The caller holds the graph lock.
"""

from __future__ import annotations

from lockdep import fastpath
from lockdep.config import Options
from lockdep.evidence import witnesses
from lockdep.fastpath import Chain
from lockdep.graph.classes import LockClass
from lockdep.graph.dependency import Dependency, Witness
from lockdep.graph.graph import DependencyGraph
from lockdep.validator.acquisition import Acquisition
from lockdep.validator.checks.circular import check_circular
from lockdep.validator.watch import Watch
from lockdep.violations.book import FindingBook
from lockdep.violations.circular import CircularDependency
from lockdep.violations.finding import Finding
from lockdep.vocabulary.grades import ERRORS
from lockdep.vocabulary.kinds import RECURSIVE, SHARED

LONGER_WAY_BUDGET = 500  # steps of the search for a cycle whose instances match


class Cycles:
    """The dependency graph, and what is known of its cycles."""

    def __init__(self, options: Options, book: FindingBook, root: Chain) -> None:
        self.died: dict[int, int] = {}
        self._options = options
        self._book = book
        self.restart(root)

    def restart(self, root: Chain) -> None:
        """Know no dependency, from the chains below this root on."""
        self.graph = DependencyGraph()
        self.watch = Watch()
        self._root = root

    def knows(self, prev: LockClass, next_: LockClass, kind: int) -> bool:
        """Return whether this dependency was seen in this kind."""
        known = self.graph.find(prev, next_)
        return known is not None and kind in known.witnesses

    def learn(self, prev: LockClass, next_: LockClass, kind: int, witness: Witness, new: Acquisition) -> list[Finding]:
        """Record prev -> next_ in the kind it was seen in; return the findings of the cycle it closes."""
        known = self.graph.find(prev, next_)
        if known is not None and kind in known.witnesses:
            return self.see_again(known, kind, witness)
        path = check_circular(self.graph, prev, next_, kind)
        dependency = self.graph.register_dependency(prev, next_)
        dependency.mark_seen(kind, witness, self._options.max_witnesses)
        watch_deaths(prev, next_)
        if path is None:
            return []
        found, grade = self._circular((*path, dependency), new)
        if grade == "unmatched":
            self.watch.add((*path, dependency), self.graph, self._root)
            found += self._longer_way(dependency, kind, new)
        return found

    def see_again(self, dependency: Dependency, kind: int, witness: Witness) -> list[Finding]:
        """A known dependency was seen once more: perhaps these instances close a cycle that others did not."""
        most = self.watch.most(dependency, self._options.max_witnesses)
        return self._regrade(dependency, kind, witness) if dependency.mark_seen(kind, witness, most) else []

    def _circular(self, path: tuple[Dependency, ...], new: Acquisition) -> tuple[list[Finding], str]:
        self._drain_deaths()
        grade, reason, chosen = witnesses.grade_cycle(path, self.died)
        return self._book.register_cycle(CircularDependency(path, chosen, new.where()), grade, reason), grade

    def _longer_way(self, closing: Dependency, kind: int, new: Acquisition) -> list[Finding]:
        """The shortest cycle names different instances: look for a longer one that the same instances close."""
        start, shared = (closing.next, bool(kind & RECURSIVE)), bool(kind & SHARED)
        for path in self.graph.find_paths(start, closing.prev, goal_shared=shared, budget=LONGER_WAY_BUDGET):
            if witnesses.grade_cycle((*path, closing), self.died)[0] in ERRORS:
                return self._circular((*path, closing), new)[0]
        return []

    def _regrade(self, dependency: Dependency, kind: int, witness: Witness) -> list[Finding]:
        """New instances were seen in a dependency that is part of a finding: perhaps they close the cycle."""
        found: list[Finding] = []
        for finding in self._book.with_dependency(dependency):
            violation = finding.violation
            if isinstance(violation, CircularDependency):
                self._drain_deaths()
                at = violation.path.index(dependency)
                path = (*violation.path[at:], *violation.path[:at])
                grade, reason, chosen = witnesses.grade_cycle(path, self.died, (kind, witness))
                turned = chosen[len(chosen) - at :] + chosen[: len(chosen) - at]
                found += self._book.upgrade(finding, grade, reason, turned)
        return found

    def _drain_deaths(self) -> None:
        for serial, clock in fastpath.deaths():
            self.died[serial] = clock


def watch_deaths(*classes: LockClass) -> None:
    """Have the deaths of these classes' instances told: witnesses name them."""
    for lock_class in classes:
        lock_class.entry(fastpath.BLOCKING).watched = True
