"""The learned hierarchy of locks: which are taken under which, without what follows from the rest.

That is the transitive reduction of the dependencies. Classes on one level of indentation have no order among each
other. Those that form a cycle have no order at all: they are one entry, and a finding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx  # type: ignore[import-untyped,unused-ignore]

from lockdep.reports.layout import levels_of
from lockdep.reports.printable import printable
from lockdep.splats.styles import PLAIN, Look

if TYPE_CHECKING:
    from lockdep.snapshots.snapshot import Snapshot


def render(snapshot: Snapshot, *, look: Look = PLAIN) -> str:  # noqa: ARG001 - it has one look
    """Return the classes level by level, each with those that come directly after it."""
    graph = networkx.DiGraph((one.prev, one.next) for one in snapshot.dependencies)
    groups = networkx.condensation(graph)
    order = networkx.transitive_reduction(groups)
    names = {number: label(groups.nodes[number]["members"]) for number in groups}
    levels = levels_of(order)
    lines = [f"lock hierarchy: {order.number_of_edges()} of {graph.number_of_edges()} dependencies say it all"]
    for level in sorted(set(levels.values())):
        lines += [f"level {level}:"]
        for number in sorted((one for one in levels if levels[one] == level), key=names.__getitem__):
            after = sorted(names[next_] for next_ in order.successors(number))
            lines += [f"  {names[number]}", *(f"    -> {name}" for name in after)]
    return "\n".join([*lines, ""])


def label(members: set[str]) -> str:
    """Return the name of a class, or those of a cycle."""
    shown = sorted(" ".join(printable(name).split()) for name in members)
    return shown[0] if len(shown) == 1 else "cycle: " + " | ".join(shown)
