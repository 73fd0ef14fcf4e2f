"""The processes that tests start: what they find is read from their parts in a run directory.

A process writes its part before it ends, so what a test has waited for is there when the test has ended. Cost: listing
an empty directory at the end of each phase of a test.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from lockdep.config import Options
from lockdep.live.taking import snapshot
from lockdep.patch.changes import Changes
from lockdep.processes import endings, member
from lockdep.processes.folder import read_part
from lockdep.processes.merged import Whole, whole_of
from lockdep.snapshots.records import FindingRecord


class Children:
    """The child processes of a pytest run, from now on until `close`. OSError if they cannot be recorded."""

    def __init__(self, options: Options) -> None:
        self._changes = Changes()
        self._member = member.begin(options)
        self._read: dict[str, tuple[int, int]] = {}  # path of a part -> its size and time when it was read
        self._known: set[str] = set()
        endings.follow(self._changes)
        endings.conclude_by(lambda _status: member.end(self._member))

    def close(self) -> None:
        """Record no more child processes."""
        self._changes.take_back()
        endings.conclude_by(None)
        member.end(self._member)

    def news(self) -> Iterator[FindingRecord]:
        """Yield the findings that child processes have written since the last call, each once."""
        for path in self._member.folder.parts():
            with contextlib.suppress(OSError, ValueError):  # it is replaced or removed at this moment
                known = os.stat(path)
                state = known.st_size, known.st_mtime_ns
                if self._read.get(path) == state:
                    continue
                part = read_part(path)
                self._read[path] = state
                yield from filter(self._is_new, part.findings)

    def _is_new(self, one: FindingRecord) -> bool:
        if not one.shown or one.id in self._known:
            return False
        self._known.add(one.id)
        return True

    def whole(self) -> Whole | None:
        """Return what this process and its children have seen together; None if there are no parts."""
        return whole_of(self._member.folder, snapshot()) if self._member.folder.has_parts() else None
