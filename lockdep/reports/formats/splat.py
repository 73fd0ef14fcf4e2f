"""The findings as they were reported, one below the other; what was suppressed is left out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lockdep.snapshots.snapshot import Snapshot

RESET = "\x1b[0m"
STYLES = (  # of a line that looks like this, the first that fits
    (re.compile(r"(WARNING|BUG|\[ BUG|INFO): .*| \*\*\* [A-Z]+ \*\*\*"), "\x1b[1;31m"),
    (re.compile(r"=+|-+"), "\x1b[2m"),
    (re.compile(r"evidence: .*"), "\x1b[1m"),
    (re.compile(r"-> #\d+ .*|\d+ locks? held by .*|(stack backtrace|other info that .*|the existing .*):"), "\x1b[36m"),
    (re.compile(r" {6}\S.* in \S.*"), "\x1b[33m"),
    (re.compile(r" {8}\S.*"), "\x1b[2m"),
)


def render(snapshot: Snapshot, *, colour: bool = False) -> str:
    """Return the splats."""
    texts = [finding.text.rstrip("\n") + "\n" for finding in snapshot.findings if not finding.suppressed]
    text = "\n".join(texts)
    return "\n".join(map(coloured, text.split("\n"))) if colour else text


def coloured(line: str) -> str:
    """Return a line in its colour; what a file name may smuggle in is shown, not obeyed."""
    line = line.replace("\x1b", "\\x1b")
    for pattern, style in STYLES:
        if pattern.fullmatch(line):
            return f"{style}{line}{RESET}"
    return line
