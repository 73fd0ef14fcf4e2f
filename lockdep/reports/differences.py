"""What merged files have of their own: the dependencies that only one of them has seen, and who saw which half."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockdep.snapshots.records import DependencyRecord, FindingRecord

if TYPE_CHECKING:
    from lockdep.snapshots.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Share:
    """How many dependencies one file (or program) has seen, and those that no other one has."""

    name: str
    seen: int
    alone: tuple[DependencyRecord, ...]


class Sources:
    """Where the dependencies of a merged snapshot come from. Without several sources there are no differences."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._names = {run.id: run.name for run in snapshot.runs}
        self._count = len({*self._names.values()})
        self._dependencies = snapshot.dependencies
        self._seen_by = {(one.prev, one.next): self._sources_of(one) for one in snapshot.dependencies}

    @property
    def several(self) -> bool:
        """Whether there is more than one source."""
        return self._count > 1

    def shares(self) -> list[Share]:
        """Return the share of each source, by name; cost: one look at each dependency for each source."""
        return [self._share(name) for name in sorted({*self._names.values()})]

    def seen_in(self, finding: FindingRecord) -> list[str]:
        """Return who has seen which dependency of a finding, as sentences.

        There are none if all sources have seen all of them, or if the evidence of the finding says it.
        """
        found = {" -> ".join(pair): self._seen_by.get(pair, ()) for pair in finding.dependencies}
        if finding.across or all(len(names) == self._count for names in found.values()):
            return []
        if len({*found.values()}) == 1:
            found = {"all of it": next(iter(found.values()))}
        return [f"{what}: seen in {', '.join(names) or 'an unknown run'}" for what, names in found.items()]

    def _share(self, name: str) -> Share:
        mine = [one for one in self._dependencies if name in self._seen_by[one.prev, one.next]]
        return Share(name, len(mine), tuple(one for one in mine if self._seen_by[one.prev, one.next] == (name,)))

    def _sources_of(self, one: DependencyRecord) -> tuple[str, ...]:
        return tuple(sorted({self._names[run] for run in one.runs if run in self._names}))
