"""CPython's own tests, plainly and under lockdep: python -m tests.regrtest [--python PATH] [TEST...]

Runs `-m test` and `lockdep run -m test` with an interpreter that has lockdep installed, and prints the tests that end
differently and the findings. Exits with 1 if a test fails only under lockdep. Findings are not failures: the exit code
66 of the second run counts as success. It takes a few minutes and is not part of the test command.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from tests.bounded import run_bounded

TESTS = ("test_threading", "test_queue", "test_concurrent_futures", "test_logging")
TIMEOUT = 1800  # seconds for one run of all of them
FINE = (0, 66)

# Tests that cannot pass on the drop-in classes, and why.
KNOWN = {
    "test.test_threading.ThreadTests.test_disallow_instantiation": (
        "the type of a drop-in lock is threading.Lock itself, as in Python 3.13, and not a type that cannot be called"
    ),
    "test.test_threading.ThreadTests.test_lock_no_subclass": "a drop-in lock is a class that can be subclassed",
}

# Tests that sometimes hang without lockdep before these versions, and why. One of them would hang the whole run.
EXECUTOR_DEADLOCK = (
    "ProcessPoolExecutor joins its feeder thread under the lock that this thread needs to report a pickling error "
    "(gh-125451); it is among the findings"
)
HANG = {
    "*.test_shutdown_deadlock_pickle": ((3, 13, 1), EXECUTOR_DEADLOCK),
    "*.test_processes_terminate": ((3, 13, 1), EXECUTOR_DEADLOCK),
}


@dataclass(frozen=True, slots=True)
class Run:
    """One run of CPython's tests: how it ended, and the outcome of each test by its name."""

    label: str
    exit_code: int | None
    outcomes: dict[str, str]
    output: str

    def failed(self) -> set[str]:
        return {name for name, outcome in self.outcomes.items() if outcome in ("failure", "error")}


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    tests = _shipped(options.python, options.tests) + _left_out(options.python)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        plain = _run("plain", [options.python], tests, Path(folder))
        under = [options.python, "-m", "lockdep", "run", "--report", f"json:{report}"]
        checked = _run("lockdep", under, tests, Path(folder))
        _print_findings(report)
    return _print_differences(plain, checked)


def _shipped(python: str, tests: Sequence[str]) -> list[str]:
    # Some builds of Python do not ship the tests that are packages.
    code = "import sys, importlib.util as u; print(*(t for t in sys.argv[1:] if u.find_spec('test.' + t)))"
    done = subprocess.run([python, "-c", code, *tests], capture_output=True, text=True, check=True)
    shipped = done.stdout.split()
    for missing in sorted(set(tests).difference(shipped)):
        print(f"{missing}: not shipped with this Python, left out")
    return shipped


def _left_out(python: str) -> list[str]:
    done = subprocess.run([python, "-c", "import sys; print(*sys.version_info[:3])"], capture_output=True, text=True)
    version = tuple(map(int, done.stdout.split()))
    patterns = [pattern for pattern, (repaired, _) in HANG.items() if version < repaired]
    for pattern in patterns:
        print(f"{pattern}: left out before {'.'.join(map(str, HANG[pattern][0]))}: {HANG[pattern][1]}")
    return [option for pattern in patterns for option in ("--ignore", pattern)]


def _run(label: str, command: list[str], tests: Sequence[str], folder: Path) -> Run:
    results = folder / f"{label}.xml"
    print(f"{label}: running {' '.join(tests)} ...", flush=True)
    # The time limit of one test is shorter than TIMEOUT, because its message shows where the test hangs.
    arguments = ["-m", "test", "--timeout", "300", "--junit-xml", str(results), *tests]
    ended = run_bounded([*command, *arguments], TIMEOUT, cwd=folder)
    run = Run(label, ended.exit_code, _outcomes(results), ended.output)
    print(f"{label}: exit {run.exit_code}, {len(run.outcomes)} tests, {len(run.failed())} failed", flush=True)
    return run


def _outcomes(results: Path) -> dict[str, str]:
    if not results.exists():
        return {}
    cases = ElementTree.parse(results).iter("testcase")
    return {case.get("name", "nameless"): _outcome({child.tag for child in case}) for case in cases}


def _outcome(children: set[str]) -> str:
    # A failed or skipped test has a child element of that name, beside those for its output.
    return next((tag for tag in ("failure", "error", "skipped") if tag in children), "passed")


def _print_findings(report: Path) -> None:
    findings: list[dict[str, Any]] = json.loads(report.read_text()) if report.exists() else []
    for finding in findings:
        classes = " -> ".join(finding["classes"])
        print(f"finding: {finding['slug']} ({finding['level']}, {finding['grade']}): {classes}")


def _print_differences(plain: Run, checked: Run) -> int:
    new = sorted(checked.failed() - plain.failed() - KNOWN.keys())
    vanished = sorted(plain.outcomes.keys() - checked.outcomes.keys()) if checked.outcomes else ["all of them"]
    for name in new:
        print(f"fails only under lockdep: {name}")
    for name in vanished:
        print(f"did not run under lockdep: {name}")
    for name in sorted(plain.failed() - checked.failed()):
        print(f"fails only without lockdep: {name}")
    for name in sorted(checked.failed() & KNOWN.keys()):
        print(f"known difference: {name}: {KNOWN[name]}")
    # The exit code of the tests is 2 if any of them failed, a known one included.
    broken = checked.exit_code not in (*FINE, plain.exit_code) and not checked.failed()
    broken = broken or not plain.outcomes
    if new or vanished or broken:
        print("\n".join(checked.output.splitlines()[-80:]))
        return 1
    print(f"no new failure in {len(checked.outcomes)} tests")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.regrtest", description=__doc__.partition("\n")[2])
    parser.add_argument("--python", default=sys.executable, metavar="PATH", help="interpreter with lockdep installed")
    parser.add_argument("tests", nargs="*", default=list(TESTS), metavar="TEST")
    return parser


if __name__ == "__main__":
    sys.exit(main())
