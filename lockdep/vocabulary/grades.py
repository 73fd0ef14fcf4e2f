"""The grades: how strong the evidence for a finding is, strongest first."""

from __future__ import annotations

GRADES = ("observed", "certain", "feasible", "potential", "unmatched", "stall", "excused")


ERRORS = frozenset(("observed", "certain", "feasible", "potential"))
