"""The dependency graph as a drawing of a page (SVG): dots with names, and curves from each class to the next.

A curve leaves a class behind its name and arrives at the dot of the next one. Classes of one level are connected by
arcs before their dots, where no names are. The script of the page moves what it shows, see page.js.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from lockdep.reports.html_parts import element, text
from lockdep.reports.layout import Spot, layout, size
from lockdep.reports.picture import Picture, label

ROW, MARGIN, RADIUS = 26, 30, 6  # in pixels
LETTER, LONGEST = 7.3, 44  # pixels of a character, and the most characters of a name that are shown
BETWEEN = 90  # pixels from the names of one level to the dots of the next
DEEPEST_ARC = 60  # pixels that an arc reaches before its dots

ARROW = (
    '<defs><marker id="to" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0 L8 4 L0 8 z" style="fill: context-stroke; stroke: none"/></marker></defs>'
)


class Node(NamedTuple):
    """Where a class is, in pixels: its dot at x and y, and the end of its name. `shown` is what fits of the name."""

    level: int
    x: int
    y: int
    end: int
    shown: str


def drawing(picture: Picture) -> str:
    """Return the drawing. The dependencies of findings come last, and so above the others."""
    spots = layout((one.prev, one.next) for one in picture.dependencies)
    nodes = nodes_of(spots)
    curves = "".join(
        dependency(nodes[one.prev], nodes[one.next], one.prev, one.next, picture.level(one), label(one))
        for one in sorted(picture.dependencies, key=lambda one: (picture.level(one) != "", picture.level(one)))
    )
    dots = "".join(dot(nodes[one.name], one.name, picture.troubled.get(one.name, "")) for one in picture.classes)
    width = max(node.end for node in nodes.values()) + MARGIN
    measures = {"data_row": str(ROW), "data_margin": str(MARGIN), "data_between": str(BETWEEN)}  # for the script
    height = int(2 * MARGIN + ROW * (size(spots)[1] - 1))
    return element("svg", ARROW, curves, dots, width=str(width), height=str(height), **measures)


def nodes_of(spots: Mapping[str, Spot]) -> dict[str, Node]:
    """Return where each class is drawn. A level is as wide as the longest name on it."""
    shown = {name: shortened(name) for name in spots}
    widths = [0] * size(spots)[0]
    for name, spot in spots.items():
        widths[spot.level] = max(widths[spot.level], pixels(shown[name]))
    starts = [2 * MARGIN + sum(widths[:level]) + BETWEEN * level for level in range(len(widths))]
    return {
        name: Node(
            spot.level, starts[spot.level], int(MARGIN + ROW * spot.place),
            starts[spot.level] + pixels(shown[name]), shown[name],
        )
        for name, spot in spots.items()
    }  # fmt: skip


def shortened(name: str) -> str:
    """Return the end of a name that is too long, which says more than its beginning."""
    return name if len(name) <= LONGEST else f"…{name[1 - LONGEST :]}"


def pixels(shown: str) -> int:
    """Return how far a name reaches from the middle of its dot."""
    return RADIUS + 8 + int(len(shown) * LETTER)


def dependency(prev: Node, next_: Node, prev_name: str, next_name: str, level: str, kinds: str) -> str:
    """Return the curve of a dependency."""
    title = element("title", text(f"{prev_name} -> {next_name} {kinds}".strip()))
    names = {"data_prev": prev_name, "data_next": next_name, "marker_end": "url(#to)"}
    curve = arc(prev, next_) if prev.level == next_.level else across(prev, next_)
    return element("path", title, d=curve, class_=level, **names)


def across(prev: Node, next_: Node) -> str:
    """Return the curve to a later level."""
    end = next_.x - RADIUS
    bend = max((end - prev.end) // 2, BETWEEN // 2)
    return f"M{prev.end} {prev.y} C{prev.end + bend} {prev.y} {end - bend} {next_.y} {end} {next_.y}"


def arc(prev: Node, next_: Node) -> str:
    """Return the arc to a class of the same level."""
    start = prev.x - RADIUS
    deep = start - min(ROW // 2 + abs(prev.y - next_.y) // 2, DEEPEST_ARC)
    return f"M{start} {prev.y} C{deep} {prev.y} {deep} {next_.y} {start} {next_.y}"


def dot(node: Node, name: str, level: str) -> str:
    """Return a class: a dot and its name."""
    title = element("title", text(name))
    circle = element("circle", title, cx=str(node.x), cy=str(node.y), r=str(RADIUS), class_=level)
    words = element("text", text(node.shown), x=str(node.x + RADIUS + 4), y=str(node.y + 4))
    measures = {"data_x": str(node.x), "data_y": str(node.y), "data_end": str(node.end)}
    return element("g", circle, words, class_="node", data_name=name, **measures)
