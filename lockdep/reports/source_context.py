"""The lines around a frame's line, read from the file where that is found.

A frame knows its file from the project's root only, and the report may be made on another machine, or after a change.
So a file counts as the frame's only if it has the frame's source line at the frame's line.
"""

from __future__ import annotations

import linecache
from pathlib import Path

from lockdep.trace import Frame

AROUND = 2  # lines above, and below


def source_around(frame: Frame) -> str:
    """Return the numbered lines around a frame's line, '' if its file is not found below this directory or one above.

    Cost: some 10 us for each directory above this one, and reading the file once.
    """
    for file in candidates(frame.file):
        lines = linecache.getlines(str(file))
        if 0 < frame.line <= len(lines) and lines[frame.line - 1].strip() == frame.source:
            first = max(0, frame.line - 1 - AROUND)
            return numbered(lines[first : frame.line + AROUND], first + 1)
    return ""


def candidates(name: str) -> list[Path]:
    """Return the files of this name. Only a relative one counts: a snapshot that others made does not choose files."""
    if Path(name).is_absolute() or ".." in Path(name).parts:
        return []
    here = Path.cwd()
    return [root / name for root in (here, *here.parents) if (root / name).is_file()]


def numbered(lines: list[str], first: int) -> str:
    """Return lines with their numbers in front of them."""
    width = len(str(first + len(lines)))
    return "\n".join(f"{number:{width}}  {line.rstrip()}".rstrip() for number, line in enumerate(lines, first))
