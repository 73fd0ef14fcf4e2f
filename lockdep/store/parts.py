"""Parts: the snapshots in a store, each under its origin. How one is put there, and how one is read again.

A process is known by the random id of its run. So what is in the store is not stored twice, and a part takes the place
of those that it contains: an earlier snapshot of the same process, or what a child has pushed itself.

Cost: a part takes a tenth of its file. Reading one takes the time of reading the file.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lockdep.snapshots import files
from lockdep.store.address import StoreError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from lockdep.snapshots.records import FindingRecord, ProcessRecord, Tables
    from lockdep.snapshots.rows import Rows

MOST_BYTES = 1 << 26  # of the file of a snapshot
MOST_TEXT = 200  # characters of a name, and of the id of a run
TIME = "%Y-%m-%dT%H:%M:%SZ"  # in UTC; as text, times are in order
IS_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
Outcome = Literal["stored", "known", "replaced"]
Times = dict[str, str]  # id of a run -> when its snapshot was taken


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """Where a part comes from: the project, its version and the host."""

    project: str
    version: str
    host: str

    def __post_init__(self) -> None:
        for name in dataclasses.fields(self):
            value = getattr(self, name.name)
            if not value.isprintable() or len(value) > MOST_TEXT or not (value or name.name == "version"):
                raise StoreError(f"{name.name} {value!r:.60}: expected 1 to {MOST_TEXT} printable characters")

    @property
    def label(self) -> str:
        """Host and version, as reports name the processes of a part."""
        return f"{self.host} {self.version}".rstrip()


@dataclass(frozen=True, slots=True)
class Part:
    """A part without its data."""

    id: str
    origin: Origin
    taken: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """A part that is ready to be stored, and the processes that it is of."""

    id: str
    origin: Origin
    times: Times
    data: bytes

    @classmethod
    def of(cls, origin: Origin, text: bytes, runs: Sequence[ProcessRecord], name: str) -> Parcel:
        """Pack the text of a snapshot file with these processes, which messages call `name`.

        StoreError is raised if it cannot be kept.
        """
        if len(text) > MOST_BYTES:
            raise StoreError(f"{name}: it has {len(text) >> 20} MB, and a store takes {MOST_BYTES >> 20} MB")
        key = hashlib.sha256(repr(dataclasses.astuple(origin)).encode() + text).hexdigest()
        return cls(key, origin, times_of(runs, name), zlib.compress(text))


def put(connection: Connection, parcel: Parcel) -> Outcome:
    """Store a part in the transaction of the caller, unless it is there already, and say what was done."""
    known = known_parts(connection, parcel.origin, parcel.times)
    if parcel.id in known or any(contains(times, parcel.times) and times != parcel.times for times in known.values()):
        return "known"
    replaced = [part for part, times in known.items() if contains(parcel.times, times)]
    remove(connection, replaced)
    insert(connection, parcel)
    return "replaced" if replaced else "stored"


def time_ago(seconds: float) -> str:
    """Return the time so many seconds ago, as parts have it."""
    return time.strftime(TIME, time.gmtime(time.time() - seconds))


def times_of(runs: Sequence[ProcessRecord], name: str) -> Times:
    """Return when each of these processes was taken, by its id. StoreError if there are none."""
    now = time_ago(0)
    times = {ascii(run.id)[1:-1]: run.taken if IS_TIME.fullmatch(run.taken) else now for run in runs}
    if not times or max(map(len, times)) > MOST_TEXT:
        raise StoreError(f"{name}: it has no process, or one with an id of more than {MOST_TEXT} characters")
    return times


def contains(whole: Times, part: Times) -> bool:
    """Return whether all processes of a part are in another one, as late or later."""
    return all(whole.get(run, "") >= taken for run, taken in part.items())


def known_parts(connection: Connection, origin: Origin, times: Times) -> dict[str, Times]:
    """Return the parts of this origin that have any of these processes, each with all of its processes."""
    from sqlalchemy import bindparam, text

    query = text(
        "SELECT part, run, taken FROM lockdep_runs WHERE part IN (SELECT part FROM lockdep_runs WHERE run IN :runs)"
        " AND part IN (SELECT id FROM lockdep_parts WHERE project = :project AND version = :version AND host = :host)"
    ).bindparams(bindparam("runs", expanding=True))
    known: dict[str, Times] = {}
    for part, run, taken in connection.execute(query, {"runs": list(times), **dataclasses.asdict(origin)}):
        known.setdefault(part, {})[run] = taken
    return known


def insert(connection: Connection, parcel: Parcel) -> None:
    """Insert a part with its processes."""
    from sqlalchemy import text

    taken, origin = max(parcel.times.values()), dataclasses.asdict(parcel.origin)
    connection.execute(
        text(
            "INSERT INTO lockdep_parts (id, project, version, host, taken, data)"
            " VALUES (:id, :project, :version, :host, :taken, :data)"
        ),
        {"id": parcel.id, **origin, "taken": taken, "data": parcel.data},
    )
    connection.execute(
        text("INSERT INTO lockdep_runs (run, part, taken) VALUES (:run, :part, :taken)"),
        [{"run": run, "part": parcel.id, "taken": taken} for run, taken in parcel.times.items()],
    )


def remove(connection: Connection, parts: list[str]) -> None:
    """Remove parts with their processes."""
    from sqlalchemy import text

    if parts:
        ids = [{"id": part} for part in parts]
        connection.execute(text("DELETE FROM lockdep_runs WHERE part = :id"), ids)
        connection.execute(text("DELETE FROM lockdep_parts WHERE id = :id"), ids)


def listed(connection: Connection, project: str | None = None) -> list[Part]:
    """Return the parts of a project, or of all, in the order in which they were taken."""
    from sqlalchemy import text

    where = "" if project is None else " WHERE project = :project"
    query = text(f"SELECT id, project, version, host, taken FROM lockdep_parts{where} ORDER BY taken, version, id")
    rows = connection.execute(query, {} if project is None else {"project": project})
    return [Part(id_, Origin(*origin), taken) for id_, *origin, taken in rows]


def read(connection: Connection, part: Part, *, one_of_many: bool = False) -> Tables | Rows | None:
    """Return a part as far as merging needs it, as it was put there; None if it is gone.

    ValueError is raised if it is no snapshot that this version can read. See files.parse_rows for `one_of_many`.
    """
    from sqlalchemy import text

    row = connection.execute(text("SELECT data FROM lockdep_parts WHERE id = :id"), {"id": part.id}).first()
    if row is None:
        return None
    unpacker = zlib.decompressobj()
    try:
        content = unpacker.decompress(row[0], MOST_BYTES)
    except zlib.error as error:
        raise ValueError(f"part {part.id[:12]}: {error}") from None
    return files.parse_rows(content, f"part {part.id[:12]}", one_of_many=one_of_many)


def placed(tables: Tables | Rows, origin: Origin) -> Tables | Rows:
    """Return tables with host and version as the origin of each process, and added to the processes of findings."""
    runs = tuple(dataclasses.replace(run, file=origin.label) for run in tables.runs)
    findings = tuple(on_host(finding, origin) for finding in tables.findings)
    return dataclasses.replace(tables, runs=runs, findings=findings)


def on_host(finding: FindingRecord, origin: Origin) -> FindingRecord:
    processes = tuple(f"{process} on {origin.label}" for process in finding.processes)
    return dataclasses.replace(finding, processes=processes)
