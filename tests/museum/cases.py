"""The list of exhibits: one for each program and set of requirements. Reads the files of the cases."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CASES = Path(__file__).parent / "cases"

# Need rules that do not exist yet: they are run, but their verdict is never wrong.
LATER = {"zeroconf-255-callback-lock", "paho-527-wait-in-callback"}

# Their repaired versions ask a flag before they take the lock, which no validator can see.
FLAGGED = {"loguru-390-signal", "loguru-712-del"}

# Many dependencies, a build from source, or ten seconds of broker time: left out of --small.
BIG = {"kafka-1985-heartbeat", "opentelemetry-4636-logging-flush", "paho-354-publish", "zeroconf-255-callback-lock"}
BIG |= {"watchtower-197-queue-join"}


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One program, the packages it needs, and the finding that is expected of it."""

    name: str
    twin: str  # buggy | fixed | healthy
    script: Path
    python: str  # "3.11"
    requirements: tuple[str, ...]
    kind: str = ""  # of the bug, for buggy twins
    cycle: tuple[str, ...] = ()
    level: str = "error"  # of the finding that is expected at least

    @property
    def judged(self) -> bool:
        return self.name not in LATER

    @property
    def small(self) -> bool:
        return self.name not in BIG

    def __str__(self) -> str:
        return f"{self.name}-{self.twin}"


def all_exhibits() -> tuple[Exhibit, ...]:
    """Return the exhibits that are run."""
    return (*_twins(), *_controls(), *_healthy())


def _twins() -> Iterator[Exhibit]:
    interrupted = (folder for folder in (CASES / "irq").iterdir() if not folder.name.startswith("control-"))
    for folder in sorted((*(CASES / "abba").iterdir(), *interrupted, *(CASES / "waits").iterdir())):
        expect = json.loads((folder / "expect.json").read_text())
        script, python = folder / "case.py", expect["python"]
        buggy = _requirements((folder / "requirements.txt").read_text())
        level = expect.get("level", "error")
        yield Exhibit(folder.name, "buggy", script, python, buggy, expect["kind"], _cycle(expect), level)
        fixed = folder / "requirements-fixed.txt"
        if fixed.exists() and folder.name not in FLAGGED:
            yield Exhibit(folder.name, "fixed", script, python, _requirements(fixed.read_text()))


def _cycle(expect: Mapping[str, Any]) -> tuple[str, ...]:
    if "cycle" not in expect:
        return (expect.get("owner", expect["lock"]),)
    if "queue" in expect:  # which is named in place of the condition inside it
        return (f"event:{expect['queue']}", *(place for place in expect["cycle"] if not place.startswith("event:")))
    return tuple(expect["cycle"])


def _controls() -> Iterator[Exhibit]:
    for folder in sorted((CASES / "irq").glob("control-*")):
        expect = json.loads((folder / "expect.json").read_text())
        requirements = _requirements((folder / "requirements.txt").read_text())
        yield Exhibit(folder.name, "healthy", folder / "case.py", expect["python"], requirements)


def _healthy() -> Iterator[Exhibit]:
    for script in sorted((CASES / "healthy").glob("*.py")):
        line = script.read_text().partition("\n")[0]
        needs = re.match(r"# requires: (?!nothing)(.*)", line)
        yield Exhibit(script.stem, "healthy", script, "3.11", tuple(needs[1].split()) if needs else ())


def _requirements(text: str) -> tuple[str, ...]:
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return tuple(line for line in lines if line)
