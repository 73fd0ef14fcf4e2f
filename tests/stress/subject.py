"""The locks under test: raw ones, or lockdep's, which are installed into threading."""

from __future__ import annotations

from typing import Literal

Kind = Literal["raw", "lockdep"]


def install(kind: Kind) -> None:
    """Make threading create the locks under test. Call it before the program makes a lock."""
    if kind == "lockdep":
        import lockdep

        lockdep.install(max_chains=1 << 20)  # a minute of storm makes more chains than the default allows


def build(kind: Kind) -> str:
    if kind == "raw":
        return "raw"
    from lockdep import fastpath

    return f"lockdep {fastpath.BUILD}"


def findings(kind: Kind) -> list[str]:
    """Return the texts of the findings. The stress programs keep one order of locks, so each is a false alarm."""
    if kind == "raw":
        return []
    from lockdep import runtime

    return [str(finding) for finding in runtime.findings()]


def held_here(kind: Kind) -> int:
    """Return how many held entries lockdep has for this thread."""
    if kind == "raw":
        return 0
    from lockdep import fastpath

    return int(fastpath.thread_state().chain.depth)
