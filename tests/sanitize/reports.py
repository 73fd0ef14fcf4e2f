"""What a sanitizer has written into its logs: each report once, whatever the addresses and threads."""

from __future__ import annotations

import re
from pathlib import Path

BEGIN = re.compile(r"(?=^WARNING: ThreadSanitizer|^==\d+==ERROR: |^\S+: runtime error: )", re.MULTILINE)
# A child starts threads where its parent had some. TSan knows those still, and says so.
KNOWN = re.compile(r"^==\d+==ThreadSanitizer: dup thread with used id 0x[0-9a-f]+\n", re.MULTILINE)
FRAMES = 3  # of a report that make it different from another


def read_reports(logs: Path) -> list[str]:
    """Return one of each kind of report in a directory of logs, with how often it came."""
    found: dict[str, list[str]] = {}
    for path in sorted(logs.iterdir()):
        for text in split_reports(path.read_text(errors="replace")):
            found.setdefault(key_of(text), []).append(text)
    return [f"{len(texts)} times:\n{texts[0].strip()}" for texts in found.values()]


def split_reports(text: str) -> list[str]:
    """Return the reports in a log. A log that says something else is a report as a whole."""
    parts = [part for part in BEGIN.split(KNOWN.sub("", text)) if part.strip()]
    return [part for part in parts if BEGIN.match(part)] or parts


def key_of(text: str) -> str:
    """Return what two reports of the same thing have in common: their first line without numbers, and the places."""
    first = re.sub(r"0x[0-9a-f]+|\d+", "N", text.strip().splitlines()[0])
    return " ".join([first, *re.findall(r"#0 (\S+ \S+)", text)[:FRAMES]])
