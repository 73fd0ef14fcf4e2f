"""The locks under test: raw ones, or lockdep's, which are installed into threading."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

Kind = Literal["raw", "lockdep"]


def install(kind: Kind) -> None:
    """Make threading create the locks under test. Call it before the program makes a lock."""
    if kind == "lockdep":
        import lockdep

        # a minute of storm makes more chains than the default allows
        lockdep.install(max_chains=1 << 20, on_deadlock="raise")


def build(kind: Kind) -> str:
    if kind == "raw":
        return "raw"
    from lockdep import fastpath

    return f"lockdep {fastpath.BUILD}"


def findings(kind: Kind) -> list[str]:
    """Return the texts of the findings. The stress programs keep one order of locks, so each is a false alarm.

    Only those about forks are not: these programs fork while other threads hold locks, and their children know which.
    Nor are those about the locks of deadlocks.py.
    """
    if kind == "raw":
        return []
    from lockdep import runtime

    return [str(finding) for finding in runtime.findings() if finding.slug != "fork" and not is_meant(finding.classes)]


def is_meant(classes: Sequence[str]) -> bool:
    """Return whether a finding is about the deadlocks that are made on purpose."""
    return bool(classes) and all("stress/deadlocks.py" in name for name in classes)


def held_here(kind: Kind) -> int:
    """Return how many held entries lockdep has for this thread."""
    if kind == "raw":
        return 0
    from lockdep import fastpath

    return int(fastpath.thread_state().chain.depth)
