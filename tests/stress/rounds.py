"""What all tortures share: they torture one subject after the other, wait for its threads, and print what was done."""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from tests.stress.subject import build, held_here

SWITCH_INTERVAL = 1e-5


class Tortured(Protocol):
    """The outcome for one subject: the number of operations by kind, and what went wrong."""

    @property
    def done(self) -> Counter[str]: ...

    @property
    def violations(self) -> list[str]: ...


def choose(subjects: dict[str, Any], wanted: str | None) -> list[str]:
    """Return the names of all subjects, or only the wanted one. Exits if there is no such subject."""
    if wanted is not None and wanted not in subjects:
        raise SystemExit(f"unknown primitive {wanted}; there are: {', '.join(subjects)}")
    return list(subjects) if wanted is None else [wanted]


def run_each(
    options: argparse.Namespace, names: list[str], one: Callable[[str, argparse.Namespace], Tortured]
) -> list[str]:
    """Torture the subjects in turn, print what was done with each, and return what went wrong."""
    import lockdep

    sys.setswitchinterval(SWITCH_INTERVAL)
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


def let_end(threads: Iterable[threading.Thread], limit: float) -> int:
    """Wait for the threads until `limit` on the monotonic clock. Return how many have not ended."""
    joined = list(threads)
    for thread in joined:
        thread.join(max(0, limit - time.monotonic()))
    return sum(thread.is_alive() for thread in joined)
