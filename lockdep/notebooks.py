"""What a notebook shows of a finding, a snapshot, or who waits for whom.

The objects are below the reports, which know how to show them. So this is looked up when a notebook asks for it.
"""

from __future__ import annotations

from importlib import import_module


def html_of(value: object) -> str:
    """Return an object as HTML. Nothing of a program can become markup."""
    return str(import_module("lockdep.reports.notebook").html_of(value))
