"""The locks under test, behind one name: raw, or lockdep's installed into threading."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, Literal

Kind = Literal["raw", "lockdep"]


def install(kind: Kind) -> None:
    """Make threading's names the ones under test. Call it before a lock of the program is made."""
    if kind == "lockdep":
        import lockdep

        lockdep.install(max_chains=1 << 20)  # a minute of storm makes more of them than any program should


def build(kind: Kind) -> str:
    if kind == "raw":
        return "raw"
    from lockdep import fastpath

    return f"lockdep {fastpath.BUILD}"


def findings(kind: Kind) -> list[str]:
    """Return the findings' texts: the stress programs keep one order, so any is a false alarm."""
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


def choose(subjects: dict[str, Any], wanted: str | None) -> list[str]:
    """Return the names of the subjects of a torture: all, or the one that is wanted."""
    if wanted is not None and wanted not in subjects:
        raise SystemExit(f"unknown primitive {wanted}; there are: {', '.join(subjects)}")
    return list(subjects) if wanted is None else [wanted]


def run_each(options: argparse.Namespace, names: list[str], one: Callable[[str, argparse.Namespace], Any]) -> list[str]:
    """Torture one subject after the other, print what was done, and return what went wrong."""
    import lockdep

    problems: list[str] = []
    with lockdep.use(lockdep.Validator(lockdep.Options(strict=True))) as validator:
        for name in names:
            torture = one(name, options)
            found = torture.violations
            done = ", ".join(f"{count} {what}" for what, count in sorted(torture.done.items()))
            print(f"{options.program} of {name}, {build('lockdep')}, seed {options.seed}: {done}; "
                  f"{len(found)} violations", flush=True)  # fmt: skip
            problems += [f"{name}: {violation}" for violation in found[:3]]
        problems += [str(finding) for finding in validator.findings()]
        if held := held_here("lockdep"):
            problems.append(f"the main thread has {held} held entries")
    return problems
