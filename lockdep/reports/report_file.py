"""The files that `lockdep run` and pytest write at the end: `--report FORMAT[:PATH]` and `--snapshot PATH`.

A file is replaced in one step, so a reader sees the old one or the whole new one. A format is imported when it is used.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockdep.reports import formats
from lockdep.snapshots.whole_files import write_whole
from lockdep.splats.styles import Look

if TYPE_CHECKING:
    from lockdep.snapshots.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class ReportFile:
    """One `--report` of the command line; path None means standard output."""

    format: str
    path: str | None

    @classmethod
    def parse(cls, text: str) -> ReportFile:
        """Return the report for FORMAT[:PATH]; if it is wrong, ValueError says what is accepted."""
        name, colon, path = text.partition(":")
        if name not in formats.names():
            raise ValueError(f"unknown format {name!r} (known: {', '.join(formats.names())})")
        if colon and not path:
            raise ValueError(f"no path after {text!r}")
        # Make the path absolute now: the program may change the working directory.
        return cls(name, os.path.abspath(path) if path else None)

    @classmethod
    def parse_all(cls, texts: Iterable[str], snapshot: str | None) -> list[ReportFile]:
        """Return these reports, and a snapshot if a path for one is given; ValueError as `parse` raises it."""
        return [cls.parse(text) for text in (*texts, *([f"snapshot:{snapshot}"] if snapshot else []))]

    def write(self, snapshot: Snapshot, look: Look, show: Callable[[str], object]) -> None:
        """Render the snapshot and write it, or `show` it; OSError if it cannot be written."""
        if self.format == "snapshot" and self.path is not None:
            snapshot.save(self.path)  # piece by piece, without one long string
            return
        text = formats.render(self.format, snapshot, look=look)
        if self.path is None:
            show(text)
        else:
            write_whole(self.path, [text.encode("utf-8", "backslashreplace")])
