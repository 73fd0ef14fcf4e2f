"""Learning dependencies, and the cycles they close: each is found once, graded by its evidence, and graded again.

A cycle whose observations name different lock instances is a warning. Its dependencies are watched, and the cycle is
upgraded when the same instances are seen in it. The caller holds the graph lock.
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
from lockdep.vocabulary.grades import ERRORS, UNMATCHED
from lockdep.vocabulary.kinds import RECURSIVE, SHARED

LONGER_PATH_BUDGET = 500  # steps of the search for a longer cycle whose instances match


class Cycles:
    """The dependency graph and its cycles. `died` says when locks of witnesses died: serial -> clock of serials."""

    def __init__(self, options: Options, book: FindingBook, root: Chain) -> None:
        self.died: dict[int, int] = {}
        self._options = options
        self._book = book
        self.restart(root)

    def restart(self, root: Chain) -> None:
        """Forget all dependencies. The chains below `root` are those that may be known from now on."""
        self.graph = DependencyGraph()
        self.watch = Watch()
        self._root = root

    def knows(self, prev: LockClass, next_: LockClass, kind: int) -> bool:
        """Return whether this dependency was seen in this kind."""
        known = self.graph.find(prev, next_)
        return known is not None and kind in known.witnesses

    def learn(
        self, prev: LockClass, next_: LockClass, kind: int, witness: Witness, new: Acquisition, *, known: bool
    ) -> None:
        """Record prev -> next_ in the kind it was seen in, and judge the cycle it closes.

        `known` says that it was judged before in this kind. Cost: nothing to search if the dependency agrees with the
        rank order of the classes, else the search of check_circular.
        """
        seen = self.graph.find(prev, next_) if known else None
        if seen is not None:
            self.see_again(seen, kind, witness)
            return
        path = check_circular(self.graph, prev, next_, kind)
        dependency = self.graph.register_dependency(prev, next_)
        watch_deaths(prev, next_)
        self.keep(dependency, kind, witness, self._options.max_witnesses)
        if path is not None and self._circular((*path, dependency), new) == UNMATCHED:
            self.watch.add((*path, dependency), self.graph, self._root)
            self._longer_path(dependency, kind, new)

    def see_again(self, dependency: Dependency, kind: int, witness: Witness) -> None:
        """Record another witness of a known dependency; it can make findings stronger.

        These instances may close a cycle that the earlier ones did not.
        """
        most = self.watch.most(dependency, self._options.max_witnesses)
        if self.keep(dependency, kind, witness, most):
            self._regrade(dependency, kind, witness)

    def _circular(self, path: tuple[Dependency, ...], new: Acquisition) -> str:
        """Make a finding of a cycle; return its grade."""
        grade, reason, chosen = witnesses.grade_cycle(path, self.died)
        self._book.register_cycle(CircularDependency(path, chosen, new.where()), grade, reason)
        return grade

    def _longer_path(self, closing: Dependency, kind: int, new: Acquisition) -> None:
        """Judge a longer cycle that the same instances close, when those of the shortest differ."""
        start, shared = (closing.next, bool(kind & RECURSIVE)), bool(kind & SHARED)
        for path in self.graph.find_paths(start, closing.prev, goal_shared=shared, budget=LONGER_PATH_BUDGET):
            if witnesses.grade_cycle((*path, closing), self.died)[0] in ERRORS:
                self._circular((*path, closing), new)
                return

    def _regrade(self, dependency: Dependency, kind: int, witness: Witness) -> None:
        """Grade the findings with this dependency again, with a new witness of it."""
        for finding in self._book.with_dependency(dependency):
            violation = finding.violation
            if isinstance(violation, CircularDependency):
                at = violation.path.index(dependency)
                path = (*violation.path[at:], *violation.path[:at])
                grade, reason, chosen = witnesses.grade_cycle(path, self.died, (kind, witness))
                turned = chosen[len(chosen) - at :] + chosen[: len(chosen) - at]
                self._book.upgrade(finding, grade, reason, turned)

    def keep(self, dependency: Dependency, kind: int, witness: Witness, most: int) -> bool:
        """Keep a witness of a dependency, and note when its locks die. Return whether it was kept."""
        kept = dependency.mark_seen(kind, witness, most)
        if kept:
            fastpath.note_death(witness.prev_serial, self.died)
            fastpath.note_death(witness.next_serial, self.died)
        return kept


def watch_deaths(*classes: LockClass) -> None:
    """Let the fast path record when instances of these classes die. Grading needs to know which lived together."""
    for lock_class in classes:
        lock_class.entry(fastpath.BLOCKING).watched = True
