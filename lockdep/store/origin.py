"""Under which project, version and host something is stored, as options and the machine say it. Imports nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lockdep.store.parts import Origin

NAMES = ("project", "version", "host")


def origin_of(given: Mapping[str, str | None], program: str) -> Origin:
    """Return the origin that these names give to what a program has seen. StoreError if one cannot be used."""
    import platform  # here, so that a run without a store does not pay for it

    from lockdep.store.parts import Origin

    host = given["host"] or platform.node() or "localhost"
    return Origin(given["project"] or program, given["version"] or "", host)
