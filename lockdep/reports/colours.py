"""The colours of a terminal: which line of a report has which, and whether there are any (no-color.org)."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lockdep.splats.document import Role, TextLine

BOLD, DIM, BOLD_RED, CYAN, YELLOW, RESET = (f"\x1b[{code}m" for code in ("1", "2", "1;31", "36", "33", "0"))
OF_ROLE: dict[Role, str] = {
    "rule": DIM,
    "headline": BOLD_RED,
    "heading": CYAN,
    "frame": YELLOW,
    "source": DIM,
    "verdict": BOLD_RED,
    "evidence": BOLD,
}


def wants_colour(descriptor: int | None) -> bool:
    """Return whether what is written to this file is to be coloured: a terminal's, or any if FORCE_COLOR is set.

    NO_COLOR forbids it.
    """
    if descriptor is None or os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (os.isatty(descriptor) and os.environ.get("TERM") != "dumb")


def painted(lines: Iterable[TextLine], *, colour: bool) -> str:
    """Return the lines of a report as text, with the colours of a terminal if `colour` is true."""
    return "".join(f"{coloured(role, line) if colour else line}\n" for role, line in lines)


def coloured(role: Role, line: str) -> str:
    """Return a line in the colour of its role. Escape characters in names and source lines are shown, not sent."""
    line = line.replace("\x1b", "\\x1b")
    style = OF_ROLE.get(role)
    return line if style is None else f"{style}{line}{RESET}"
