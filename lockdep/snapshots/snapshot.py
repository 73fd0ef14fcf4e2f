"""Snapshot: an immutable picture of what was learned, to be kept in a file, merged with others and shown.

It consists of text and numbers only, and is complete: everything that renders or merges needs nothing else. Snapshots
with equal content are equal.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from lockdep.notebooks import html_of
from lockdep.snapshots import files
from lockdep.snapshots.codec import FORMAT, VERSION, sections
from lockdep.snapshots.merge import merged
from lockdep.snapshots.records import Tables

if TYPE_CHECKING:
    import networkx  # type: ignore[import-untyped,unused-ignore]

    from lockdep.snapshots.rows import Rows


_Source = TypeVar("_Source", bound="Tables | Rows")


@dataclass(frozen=True, slots=True)
class Snapshot(Tables):
    """What one run saw, or several runs that were merged."""

    @classmethod
    def of(cls, source: Tables | Rows) -> Snapshot:
        """Return the snapshot that has these tables, or the rows of a file."""
        tables = source if isinstance(source, Tables) else merged((source,))
        return cls(*(getattr(tables, field.name) for field in dataclasses.fields(tables)))

    def to_dict(self) -> dict[str, Any]:
        """Return the content of the snapshot file as plain data."""
        from lockdep import __version__

        tables = {name: json.loads(json.dumps(list(rows))) for name, rows in sections(self)}
        return {"format": FORMAT, "version": VERSION, "lockdep": __version__, **tables}

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the snapshot to a file, completely or not at all. If OSError is raised, an old file is unchanged."""
        files.save(self, path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Snapshot:
        """Read a snapshot from a file. Raises SnapshotError (one line) if it is not a snapshot, and OSError."""
        return cls.of(files.load(path)).labelled(os.fspath(path))

    @classmethod
    def parse(cls, text: str | bytes, name: str) -> Snapshot:
        """Read a snapshot from the text of a file. Reports and errors call it `name`."""
        return cls.of(files.parse(text, name)).labelled(name)

    @staticmethod
    def for_merging(path: str | os.PathLike[str]) -> Tables | Rows:
        """Read a snapshot as far as `merged` needs it, which takes a fifth of the time. Errors are as of `load`."""
        return files.load(path).labelled(os.fspath(path))

    def _repr_html_(self) -> str:
        return html_of(self)

    def dumps(self) -> str:
        """Return the text of its file."""
        return files.encode_text(self).decode()

    def merge(self, *others: Snapshot) -> Snapshot:
        """Return the merge of all, in any order. Cycles that no single run saw become findings."""
        return self.merged((self, *others))

    @classmethod
    def merged(cls, snapshots: Iterable[Tables | Rows]) -> Snapshot:
        """Merge any number of snapshots, keeping at most two of them in memory. A single one is returned as it is."""
        left = iter(snapshots)
        first, second = next(left, cls()), next(left, None)
        if second is None:
            return first if isinstance(first, cls) else cls.of(first)
        both = [second, first]
        del first, second
        return cls.of(merged(dropping(both, left)))

    def to_networkx(self) -> networkx.DiGraph[str]:
        """Return the dependency graph. Nodes are class names with kind, usage and ops; edges have kinds and count."""
        import networkx

        graph = networkx.DiGraph()
        for record in self.classes:
            graph.add_node(record.name, kind=record.kind, usage=record.usage, ops=record.ops)
        for one in self.dependencies:
            graph.add_edge(one.prev, one.next, kinds=", ".join(kind.kind for kind in one.kinds), count=one.count)
        return graph


def dropping(last: list[_Source], left: Iterator[_Source]) -> Iterator[_Source]:
    """Yield those of a list, from its end, and then the others, without keeping any of them."""
    while last:
        yield last.pop()
    yield from left
