"""Text that names may hold and formats may not: control characters and others that cannot be printed."""

from __future__ import annotations


def printable(text: str, keep: str = "") -> str:
    """Return a text in which all characters that cannot be printed are escapes, except those in `keep`."""
    return "".join(one if one.isprintable() or one in keep else ascii(one)[1:-1] for one in text)
