"""The dependency graph as a Mermaid flowchart, which many sites draw in place. Findings are red and orange."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockdep.reports.picture import Picture, label
from lockdep.reports.printable import printable
from lockdep.splats.styles import PLAIN, Look

if TYPE_CHECKING:
    from lockdep.snapshots.snapshot import Snapshot

STYLES = {"error": "stroke:#c62828,stroke-width:3px", "warning": "stroke:#ef6c00,stroke-width:3px"}


def render(snapshot: Snapshot, *, look: Look = PLAIN) -> str:  # noqa: ARG001 - it has one look
    """Return the flowchart."""
    picture = Picture.of(snapshot)
    numbers = {record.name: f"c{number}" for number, record in enumerate(picture.classes)}
    lines = ["flowchart LR"]
    for record in picture.classes:
        lines.append(f'  {numbers[record.name]}["{escaped(record.name)}<br/>{escaped(record.kind)}"]')
    marked: dict[str, list[str]] = {level: [] for level in STYLES}
    for number, one in enumerate(picture.dependencies):
        text = f'|"{escaped(label(one))}"|' if label(one) else ""
        lines.append(f"  {numbers[one.prev]} -->{text} {numbers[one.next]}")
        if picture.level(one):
            marked[picture.level(one)].append(str(number))
    lines += [f"  linkStyle {','.join(links)} {STYLES[level]}" for level, links in marked.items() if links]
    return "\n".join([*lines, ""])


def escaped(text: str) -> str:
    """Return text that can stand between quotes. Characters with a meaning in Mermaid become numeric entities.

    Characters that cannot be printed are shown as escapes first, because HTML has no entities for control characters.
    """
    plain = " ./:_-,"
    shown = printable(" ".join(text.split()))
    return "".join(one if one.isalnum() or one in plain else f"#{ord(one)};" for one in shown)
