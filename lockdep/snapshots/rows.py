"""The rows of a snapshot file as msgspec reads them: in one step, with the types checked in C, and not yet as records.

Merging needs nothing else, and most rows of a second file are the same as those of the first, so only what is new
becomes a record. What this does not accept is read again by codec.py, which says what is wrong. msgspec is optional: it
has no wheels for some versions of Python, and everything works without it.

Cost: 4 ms for each MB of the file. Importing msgspec takes 30 ms, so it is used for large files only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter
from typing import Annotated, Any, Literal

import msgspec  # type: ignore[import-not-found, unused-ignore]  # it is optional

from lockdep.snapshots.codec import FORMAT, VERSION, read_process
from lockdep.snapshots.finding_codec import read_finding, read_frame
from lockdep.snapshots.records import BITS, ChainRecord, FindingRecord, HasRuns, ProcessRecord
from lockdep.trace import Frame
from lockdep.vocabulary.kinds import KINDS

Count = Annotated[int, msgspec.Meta(ge=0)]
Texts, Counts = tuple[str, ...], tuple[tuple[str, Count], ...]


def row_type(row: str, /, **fields: Any) -> Any:
    """Return a type for the rows of a table. A field that is a list of a type and a default may be missing."""
    given = [(field, *(kind if isinstance(kind, list) else [kind])) for field, kind in fields.items()]
    return msgspec.defstruct(row, given, gc=False)


def many(kind: Any) -> Any:
    """Return the type of a list of these."""
    return tuple[kind, ...]


def one_of(*words: Any) -> Any:
    """Return a type that has these values only."""
    return Literal[words]


_Class = row_type("Class", name=str, kind=str, bits=many(one_of(*BITS)), outer=Count, inner=Count, ops=Count)
_Witness = row_type(
    "Witness", thread=str, awaited=str, run=Count, count=Count, held=Count, wanted=Count, others=[Texts, ()]
)
_Kind = row_type("Kind", kind=one_of(*KINDS), runs=many(Count), count=Count, saturated=bool, witnesses=many(_Witness))
_Dependency = row_type("Dependency", prev=str, next=str, kinds=many(_Kind))
_Chain = row_type("Chain", context=str, locks=many(tuple[str, str]), after=[Count | None, None])
_Durations = row_type(
    "Durations", count=Count, total_ns=Count, min_ns=Count, max_ns=Count, histogram=many(tuple[Count, Count])
)
_Statistics = row_type(
    "Statistics",
    name=str, kind=str, read=bool, acquisitions=Count, contentions=Count, bounces=Count, contention_bounces=Count,
    timeouts=Count, wait=_Durations | None, hold=_Durations | None, contention_points=Counts,
    contending_points=Counts, threads=Counts, waiting_now=[Counts, ()], holding_now=[Counts, ()],
    waited_at=[Counts, ()], waited_behind=[Counts, ()],
)  # fmt: skip
_File = row_type(
    "File",
    format=one_of(FORMAT), version=one_of(VERSION), runs=list[Any], classes=many(_Class), findings=list[Any],
    dependencies=many(_Dependency), chains=list[msgspec.Raw], stats=many(_Statistics), stacks=many(many(Count)),
    frames=list[Any],
)  # fmt: skip
_decoder = msgspec.json.Decoder(_File)
_read_chain = msgspec.json.Decoder(_Chain).decode
_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Rows(HasRuns):
    """The tables of a file. Classes, dependencies and statistics are rows, which have the fields of the records.

    But dependencies refer to stacks and runs by number, and a stack is the numbers of its frames.
    """

    runs: tuple[ProcessRecord, ...]
    classes: tuple[Any, ...]
    dependencies: tuple[Any, ...]
    chains: list[ChainRecord]
    findings: tuple[FindingRecord, ...]
    stats: tuple[Any, ...]
    stacks: tuple[tuple[int, ...], ...]
    frames: list[Frame]


def read_rows(text: bytes) -> Rows | None:
    """Return the rows of the snapshot in this text; None if there is anything wrong with it."""
    try:
        file = _decoder.decode(text)
        rows = Rows(
            tuple(map(read_process, file.runs)),
            file.classes,
            file.dependencies,
            read_chains(map(bytes, file.chains)),
            tuple(map(read_finding, file.findings)),
            file.stats,
            file.stacks,
            list(map(read_frame, file.frames)),
        )
        return rows if is_sound(rows) else None
    except (msgspec.MsgspecError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return None


def read_chains(rows: Iterable[bytes]) -> list[ChainRecord]:
    """Return the chains in these rows, each with the locks of the one that it refers to.

    IndexError if there is no such one. Equal rows of all files become one object: most chains of a run are those of the
    next. Only a row that refers to no other one means the same in each file.
    """
    found: list[ChainRecord] = []
    for text in rows:
        known = _chains.get(text)
        if known is None:
            row = _read_chain(text)
            before = () if row.after is None else found[row.after].locks
            known = ChainRecord(before + row.locks, row.context)
            if row.after is None and len(_chains) < _MOST_CHAINS:
                _chains[text] = known
        found.append(known)
    return found


_chains: dict[bytes, ChainRecord] = {}
_MOST_CHAINS = 1 << 16


def is_sound(rows: Rows) -> bool:
    """Return whether all that rows refer to is there."""
    used = {name for one in rows.chains for name, _ in one.locks}
    used.update(map(attrgetter("prev"), rows.dependencies), map(attrgetter("next"), rows.dependencies))
    kinds = [kind for one in rows.dependencies for kind in one.kinds]
    witnesses = [seen for kind in kinds for seen in kind.witnesses]
    runs = {seen.run for seen in witnesses}.union(*{kind.runs for kind in kinds})
    return (
        used <= {one.name for one in rows.classes}
        and max(runs, default=-1) < len(rows.runs)
        and max([seen.held for seen in witnesses], default=-1) < len(rows.stacks)
        and max([seen.wanted for seen in witnesses], default=-1) < len(rows.stacks)
        and max(chain.from_iterable(rows.stacks), default=-1) < len(rows.frames)
    )


def encode_lines(rows: list[Any]) -> bytes:
    """Return the rows as JSON, each on a line of its own. ValueError or TypeError if msgspec cannot write one."""
    try:
        lines: bytes = _encoder.encode_lines(rows)
    except msgspec.MsgspecError as error:  # it is a ValueError in new versions only
        raise ValueError(str(error)) from None
    return lines[:-1].replace(b"\n", b",\n")  # no line end is inside a row
