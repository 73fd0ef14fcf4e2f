"""The formats of a report, one file each. The name of the file is the format; its function `render` makes the text.

A new format is a new file, and needs no other change.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lockdep.snapshots.snapshot import Snapshot


def names() -> list[str]:
    """Return the known formats."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def render(name: str, snapshot: Snapshot, *, colour: bool = False) -> str:
    """Return a snapshot as text in a format, one of `names()`. With `colour`, it has the colours of a terminal."""
    module = import_module(f"{__name__}.{name}")
    return str(module.render(snapshot, colour=colour))
