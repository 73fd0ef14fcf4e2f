"""What the parts of a store say together: their merge, who has seen which half of a finding, and which ones are new.

A finding is new if the runs of the earlier versions do not show it, each alone or all together. Versions are in the
order in which they were first seen. A finding whose lines have moved is not new.

Cost: that of merging as many files; a second search for cycles, if there is an earlier version.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Literal

from lockdep.snapshots import files
from lockdep.snapshots.snapshot import Snapshot
from lockdep.store.address import StoreError
from lockdep.store.database import Store
from lockdep.store.parts import Origin, Part, listed, placed, read

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from lockdep.snapshots.records import FindingRecord, Tables
    from lockdep.snapshots.rows import Rows

MOST_NAMED = 20  # versions, hosts or projects in a message
Age = Literal["new", "moved", "known"]
Watch = Callable[[Sequence[Part]], Iterable[Part]]


@dataclass(frozen=True, slots=True)
class Choice:
    """Which parts are asked for. None stands for all; for the only one, if it is the project."""

    project: str | None = None
    since: str | None = None
    version: str | None = None
    host: str | None = None

    def takes(self, part: Part) -> bool:
        """Return whether a part of the project is asked for."""
        origin = part.origin
        return (
            (self.since is None or part.taken >= self.since)
            and self.version in (None, origin.version)
            and self.host in (None, origin.host)
        )


@dataclass(frozen=True)
class Fleet:
    """The merge of the chosen parts. `version` is the last one of them, and `earlier` what was found before it.

    `earlier` is None if there is no version before that.
    """

    version: str
    snapshot: Snapshot
    earlier: Snapshot | None
    seen: Seen

    def age(self, finding: FindingRecord) -> Age:
        """Return whether a finding is new in the last version, known in the same lines, or known in other lines."""
        ids, patterns = self._before
        if finding.id in ids:
            return "known"
        return "moved" if pattern_of(finding) in patterns else "new"

    @cached_property
    def _before(self) -> tuple[set[str], set[tuple[str, ...]]]:
        """The ids and the patterns of what was found before the last version."""
        found = [one for one in self.earlier.findings if one.shown] if self.earlier is not None else []
        return {one.id for one in found}, set(map(pattern_of, found))

    def halves(self, finding: FindingRecord) -> list[tuple[str, list[Origin]]]:
        """Return the dependencies of a cycle as text, each with where it was seen; the whole, if one run saw that."""
        if not finding.across:
            return [(" -> ".join(finding.classes), sorted(self.seen.findings.get(finding.id, ())))]
        return [
            (f"{prev} -> {next_}", self.seen.origins_of(self._runs.get((prev, next_), ())))
            for prev, next_ in finding.dependencies
        ]

    @cached_property
    def _runs(self) -> dict[tuple[str, str], frozenset[str]]:
        """The runs that have seen each dependency of a cycle."""
        wanted = {pair for finding in self.snapshot.findings for pair in finding.dependencies}
        return {(one.prev, one.next): one.runs for one in self.snapshot.dependencies if (one.prev, one.next) in wanted}


@dataclass
class Seen:
    """What is noted while parts are read: where runs and findings come from, and what could not be read."""

    runs: dict[str, set[Origin]] = field(default_factory=dict)
    findings: dict[str, set[Origin]] = field(default_factory=dict)
    parts: int = 0
    repeated: int = 0  # runs that are in a second part
    unreadable: dict[str, str] = field(default_factory=dict)  # id of a part -> the reason

    def note(self, tables: Tables | Rows, origin: Origin) -> None:
        """Note what a part has."""
        self.parts += 1
        for run in tables.runs:
            self.repeated += run.id in self.runs
            self.runs.setdefault(run.id, set()).add(origin)
        for finding in tables.findings:
            if finding.shown and not finding.across:
                self.findings.setdefault(finding.id, set()).add(origin)

    def origins_of(self, runs: Iterable[str]) -> list[Origin]:
        """Return where these runs come from."""
        return sorted({origin for run in runs for origin in self.runs.get(run, ())})


def gather(store: Store, choice: Choice, watch: Watch = iter) -> Fleet:
    """Merge the parts that are asked for. `watch` gets the list of them, and gives one after the other.

    StoreError is raised if there are none, or if there are several projects and none is named.
    """
    with store.reading() as connection:
        parts = of_one_project(listed(connection, choice.project), choice)
        chosen = [part for part in parts if choice.takes(part)]
        if not chosen:
            raise StoreError(nothing_of(choice, parts))
        places = order_of(part.origin.version for part in parts)
        last = max((part.origin.version for part in chosen), key=places.__getitem__)
        before = [part for part in parts if places[part.origin.version] < places[last]]
        seen = Seen()
        earlier, snapshot = merged(Reader(connection, watch), before, chosen, seen)
        if not seen.parts:
            raise StoreError(f"none of these parts can be read: {'; '.join(list(seen.unreadable.values())[:1])}")
        return Fleet(last, snapshot, earlier, seen)


def order_of(versions: Iterable[str]) -> dict[str, int]:
    """Return the place of each version among all; they are in the order in which they come first."""
    return {version: place for place, version in enumerate(dict.fromkeys(versions))}


def merged(reader: Reader, before: list[Part], chosen: list[Part], seen: Seen) -> tuple[Snapshot | None, Snapshot]:
    """Return the merge of the parts before the last version, if there are any, and that of the chosen ones."""
    if not before:
        return None, Snapshot.merged(reader.read(chosen, seen))
    if not set(before) <= set(chosen):
        apart = Seen(unreadable=seen.unreadable)
        return Snapshot.merged(reader.read(before, apart)), Snapshot.merged(reader.read(chosen, seen))
    earlier = Snapshot.merged(reader.read(before, seen))
    known = set(before)
    rest = [part for part in chosen if part not in known]
    return earlier, Snapshot.merged(chain((earlier,), reader.read(rest, seen)))


class Reader:
    """Reads parts one after the other. One that is gone meanwhile is left out."""

    def __init__(self, connection: Connection, watch: Watch) -> None:
        self._connection = connection
        self._watch = watch

    def read(self, parts: Sequence[Part], seen: Seen) -> Iterator[Tables | Rows]:
        """Yield the tables of each part, and note where they come from."""
        for part in self._watch(parts):
            try:
                tables = read(self._connection, part, one_of_many=len(parts) > files.FEW)
            except ValueError as error:  # of another version of the format
                seen.unreadable[part.id] = str(error)
                continue
            if tables is not None:
                seen.note(tables, part.origin)
                yield placed(tables, part.origin)


def of_one_project(parts: list[Part], choice: Choice) -> list[Part]:
    """Return the parts; StoreError if they are of several projects."""
    projects = sorted({part.origin.project for part in parts})
    if len(projects) > 1:
        raise StoreError(f"it has several projects, name one with --project: {named(projects)}")
    if not parts:
        raise StoreError("it is empty" if choice.project is None else f"it has no project {choice.project!r}")
    return parts


def nothing_of(choice: Choice, parts: list[Part]) -> str:
    """Say that a choice takes none of these parts, and what there is."""
    versions = named(dict.fromkeys(part.origin.version for part in parts))
    hosts = named(sorted({part.origin.host for part in parts}))
    asked = {"since": choice.since, "of version": choice.version, "of host": choice.host}
    told = ", ".join(f"{name} {value}" for name, value in asked.items() if value is not None)
    return f"it has nothing {told}: there are the versions {versions} and the hosts {hosts}, up to {parts[-1].taken}"


def named(names: Iterable[str]) -> str:
    """Return some names as text, and how many others there are."""
    given = [name or "(none)" for name in names]
    more = f" and {len(given) - MOST_NAMED} more" if len(given) > MOST_NAMED else ""
    return ", ".join(given[:MOST_NAMED]) + more


def pattern_of(finding: FindingRecord) -> tuple[str, ...]:
    """Return what is the same of a finding when its lines have moved: its kind and classes, without their lines."""
    names = [re.sub(r":\d+", ":*", name) for name in finding.classes]
    return finding.slug, *min((names[at:] + names[:at] for at in range(len(names))), default=[])
