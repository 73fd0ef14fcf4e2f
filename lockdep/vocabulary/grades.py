"""The grades: how strong the evidence for a finding is. This is the one list of them, strongest first.

A grade is a plain string wherever it is kept or shown. The option fail_on names one: findings of that grade and of
stronger ones fail a run. Any grade but `excused` may be named; a finding with an excuse never fails a run.
"""

from __future__ import annotations

from typing import NamedTuple

ERROR, WARNING = "error", "warning"

OBSERVED = "observed"
CERTAIN = "certain"
FEASIBLE = "feasible"
POTENTIAL = "potential"
UNMATCHED = "unmatched"
LATENT = "latent"
STALL = "stall"
EXCUSED = "excused"


class Grade(NamedTuple):
    """One row: the name, whether findings of this grade are errors or warnings, and what the grade says."""

    name: str
    level: str
    meaning: str


TABLE = (
    Grade(OBSERVED, ERROR, "the threads really waited for each other in a circle"),
    Grade(CERTAIN, ERROR, "it cannot be harmless: a thread waits for itself, or a lock was used against its rules"),
    Grade(FEASIBLE, ERROR, "different threads, with no lock in common, close the cycle with the same locks"),
    Grade(POTENTIAL, ERROR, "the lock classes close a cycle, which is the verdict of the kernel's lockdep"),
    Grade(UNMATCHED, WARNING, "the classes close a cycle, but with different locks that lived at the same time"),
    Grade(LATENT, WARNING, "a finalizer that only a reference count has run; the collector could run it anywhere"),
    Grade(STALL, WARNING, "one of the waits has a timeout: the threads wait no longer than that"),
    Grade(EXCUSED, WARNING, "every observation has an excuse, which is named"),
)
GRADES = tuple(grade.name for grade in TABLE)
ERRORS = frozenset(grade.name for grade in TABLE if grade.level == ERROR)
FAIL_ON = tuple(name for name in GRADES if name != EXCUSED)  # what the option fail_on may name

_RANKS = {name: rank for rank, name in enumerate(GRADES)}


def unmatched_line(count: int) -> str:
    """Return the line that stands for so many unmatched cycles."""
    cycles = "1 cycle" if count == 1 else f"{count} cycles"
    return f"{cycles} between classes whose instances never met, see --show-unmatched"


def rank(grade: str) -> int:
    """Return the position of a grade in the list: 0 for the strongest. KeyError for what is no grade."""
    return _RANKS[grade]


def level(grade: str) -> str:
    """Return whether findings of this grade are an `error` or a `warning`. KeyError for what is no grade."""
    return TABLE[_RANKS[grade]].level


def at_least(grade: str, other: str) -> bool:
    """Return whether a grade is as strong as another one, or stronger."""
    return _RANKS[grade] <= _RANKS[other]
