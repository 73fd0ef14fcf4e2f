"""The files that `lockdep run` writes at the end: `--report FORMAT[:PATH]` and `--snapshot PATH`.

A file is replaced in one step, so a reader sees the old one or the whole new one. A format is imported when it is used.
"""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockdep.cli.command_line import show
from lockdep.reports import formats
from lockdep.snapshots.whole_files import write_whole

if TYPE_CHECKING:
    from lockdep.snapshots.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class ReportFile:
    """One `--report` of the command line; path None means standard output."""

    format: str
    path: str | None

    @classmethod
    def parse(cls, text: str) -> "ReportFile":
        """Return the report for FORMAT[:PATH]; if it is wrong, ValueError says what is accepted."""
        name, colon, path = text.partition(":")
        if name not in formats.names():
            raise ValueError(f"unknown format {name!r} (known: {', '.join(formats.names())})")
        if colon and not path:
            raise ValueError(f"no path after {text!r}")
        # Make the path absolute now: the program may change the working directory.
        return cls(name, os.path.abspath(path) if path else None)

    def write(self, snapshot: "Snapshot") -> None:
        """Render the snapshot and write it; OSError if it cannot be written."""
        if self.format == "snapshot" and self.path is not None:
            snapshot.save(self.path)  # piece by piece, without one long string
            return
        text = formats.render(self.format, snapshot)
        if self.path is None:
            show(text)
        else:
            write_whole(self.path, [text.encode("utf-8", "backslashreplace")])
