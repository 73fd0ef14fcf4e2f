"""The reports of the findings, one below the other; suppressed findings are left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lockdep.snapshots.snapshot import Snapshot
    from lockdep.splats.document import Role

BOLD, DIM, BOLD_RED, CYAN, YELLOW, RESET = (f"\x1b[{code}m" for code in ("1", "2", "1;31", "36", "33", "0"))
STYLES: dict[Role, str] = {
    "rule": DIM,
    "headline": BOLD_RED,
    "heading": CYAN,
    "frame": YELLOW,
    "source": DIM,
    "verdict": BOLD_RED,
    "evidence": BOLD,
}


def render(snapshot: Snapshot, *, colour: bool = False) -> str:
    """Return the reports as text, with the colours of a terminal if `colour` is true."""
    shown = [finding for finding in snapshot.findings if not finding.suppressed]
    if not colour:
        return "\n".join(finding.text for finding in shown)
    reports = ("".join(f"{coloured(*line)}\n" for line in finding.document.lines()) for finding in shown)
    return "\n".join(reports)


def coloured(role: Role, line: str) -> str:
    """Return a line in the colour of its role. Escape characters in names and source lines are shown, not sent."""
    line = line.replace("\x1b", "\\x1b")
    style = STYLES.get(role)
    return line if style is None else f"{style}{line}{RESET}"
