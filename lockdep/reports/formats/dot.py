"""The dependency graph for Graphviz: `lockdep report FILE --format dot | dot -Tsvg`. Findings are red and orange."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockdep.reports.picture import Picture, label
from lockdep.reports.printable import printable
from lockdep.splats.styles import PLAIN, Look

if TYPE_CHECKING:
    from lockdep.snapshots.snapshot import Snapshot

COLOURS = {"error": "#c62828", "warning": "#ef6c00", "": "#546e7a"}


def render(snapshot: Snapshot, *, look: Look = PLAIN) -> str:  # noqa: ARG001 - it has one look
    """Return the graph in the language of dot."""
    picture = Picture.of(snapshot)
    numbers = {record.name: f"c{number}" for number, record in enumerate(picture.classes)}
    lines = ["digraph lockdep {", "  rankdir=LR;"]
    lines += ['  node [shape=box, style="rounded,filled", fillcolor="#eceff1", fontname="monospace", fontsize=10];']
    lines += ['  edge [fontname="monospace", fontsize=9];']
    for record in picture.classes:
        text = f"{record.name}\n{record.kind} {{{record.usage}}}-{{{record.outer}:{record.inner}}}"
        outline = quoted(COLOURS[picture.troubled.get(record.name, "")])
        lines.append(f"  {numbers[record.name]} [label={quoted(text)}, color={outline}];")
    for one in picture.dependencies:
        level = picture.level(one)
        style = [f"color={quoted(COLOURS[level])}", *(["penwidth=2"] if level else [])]
        style += [f"label={quoted(label(one))}"] if label(one) else []
        finding = picture.marks.get((one.prev, one.next))
        style += [f"tooltip={quoted(f'{finding.title} [{finding.id}]')}"] if finding else []
        lines.append(f"  {numbers[one.prev]} -> {numbers[one.next]} [{', '.join(style)}];")
    return "\n".join([*lines, "}", ""])


def quoted(text: str) -> str:
    """Return a string of the dot language. Characters that cannot be printed (a NUL ends the input) become escapes."""
    shown = printable(text, keep="\n")
    return '"' + shown.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
