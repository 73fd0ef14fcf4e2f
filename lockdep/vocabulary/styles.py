"""The words for how a report is shown: its style, and whose calls it shows."""

from __future__ import annotations

AUTO, SHORT, KERNEL = STYLES = ("auto", "short", "kernel")
USER, ALL = FRAMES = ("user", "all")
