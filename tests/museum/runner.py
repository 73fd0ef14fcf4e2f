"""Runs one exhibit under `lockdep run` in its environment and returns what was reported."""

import json
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bounded import run_bounded
from tests.museum.cases import Exhibit
from tests.museum.environments import MUSEUM_PATH, Environment, Environments, Unavailable
from tests.museum.verdict import Verdict, judge
from tests.patience import PROGRAM_LIMIT


@dataclass(frozen=True, slots=True)
class Result:
    """One row of the table, and the output of the run."""

    exhibit: Exhibit
    exit_code: int | None
    verdict: Verdict
    seconds: float
    output: str

    @property
    def unavailable(self) -> bool:
        return self.verdict.word == "no environment"

    def row(self) -> tuple[str, ...]:
        code = "-" if self.exit_code is None else str(self.exit_code)
        exhibit = self.exhibit
        return exhibit.name, exhibit.twin, exhibit.python, code, self.verdict.word, f"{self.seconds:.1f}"


def visit(exhibit: Exhibit, environments: Environments) -> Result:
    """Make the exhibit's environment, run it there, and judge the run."""
    try:
        environment = environments.make(exhibit)
    except Unavailable as error:
        return Result(exhibit, None, Verdict("no environment", right=False), 0.0, str(error))
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        start = time.monotonic()
        lockdep = [environment.python, "-m", "lockdep", "run", "--report", f"json:{report}"]
        command = [*lockdep, exhibit.script.name]
        ended = run_bounded(command, PROGRAM_LIMIT, cwd=exhibit.script.parent, env=_variables(environment))
        seconds = time.monotonic() - start
        verdict = judge(exhibit, ended.exit_code, _read(report))
    return Result(exhibit, ended.exit_code, verdict, seconds, ended.output)


def _variables(environment: Environment) -> dict[str, str]:
    ours = ("PYTHON", "LOCKDEP", "PYTEST")
    variables = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**variables, MUSEUM_PATH: os.pathsep.join(map(str, environment.paths))}


def _read(report: Path) -> list[dict[str, Any]]:
    if not report.exists():
        return []
    findings: list[dict[str, Any]] = json.loads(report.read_text())
    return findings
