"""What was found as files, written at the end of a run: `--report FORMAT[:PATH]`, `--snapshot PATH`.

A file is replaced in one step, so a reader sees the old one or the whole new one. What cannot be written is a line
for the person at the terminal and no exception: the findings themselves were printed when they were found.

Cost: nothing until the end of the run; a format is imported when it is used.
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
        """Read FORMAT[:PATH]; ValueError says what is accepted."""
        name, colon, path = text.partition(":")
        if name not in formats.names():
            raise ValueError(f"unknown format {name!r} (known: {', '.join(formats.names())})")
        if colon and not path:
            raise ValueError(f"no path after {text!r}")
        # Absolute now: the program may change the working directory before the file is written.
        return cls(name, os.path.abspath(path) if path else None)

    def write(self, snapshot: "Snapshot") -> None:
        """Render the snapshot and write it; OSError if the place does not take it."""
        if self.format == "snapshot" and self.path is not None:
            snapshot.save(self.path)  # piece by piece
            return
        text = formats.render(self.format, snapshot)
        if self.path is None:
            show(text)
        else:
            write_whole(self.path, [text.encode("utf-8", "backslashreplace")])
