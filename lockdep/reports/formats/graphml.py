"""The dependency graph as GraphML, for programs that lay out and analyse graphs (Gephi, yEd, networkx)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockdep.splats.styles import PLAIN, Look

if TYPE_CHECKING:
    from lockdep.snapshots.snapshot import Snapshot

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|\\\\")  # and the backslash of escapes


def render(snapshot: Snapshot, *, look: Look = PLAIN) -> str:  # noqa: ARG001 - it has one look
    """Return the XML document. Characters that XML does not allow become escapes, so a backslash becomes two."""
    import networkx  # type: ignore[import-untyped,unused-ignore]

    graph = networkx.relabel_nodes(snapshot.to_networkx(), possible)
    return "<?xml version='1.0' encoding='utf-8'?>\n" + "\n".join(networkx.generate_graphml(graph)) + "\n"


def possible(text: str) -> str:
    """Return text that XML allows; different texts stay different, because the text is the id of a node."""
    return NOT_XML.sub(lambda found: "\\\\" if found.group() == "\\" else f"\\x{ord(found.group()):02x}", text)
