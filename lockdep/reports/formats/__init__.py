"""The formats of a report, one file each. The name of the file is the format; its function `render` makes the text.

A new format is a new file, and needs no other change.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING

from lockdep.splats.styles import PLAIN, Look

if TYPE_CHECKING:
    from lockdep.snapshots.snapshot import Snapshot


def names() -> list[str]:
    """Return the known formats."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def render(name: str, snapshot: Snapshot, *, look: Look = PLAIN) -> str:
    """Return a snapshot as text in a format, one of `names()`. Only the format splat has more than one look."""
    module = import_module(f"{__name__}.{name}")
    return str(module.render(snapshot, look=look))
