"""Run a file of self-test cases and print the grid: python -m tests.selftest FILE.json [--build c|py] [-k NAME]."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

BUILDS = {"c": {"LOCKDEP_REQUIRE_COMPILED": "1"}, "py": {"LOCKDEP_PURE": "1"}}


def main(arguments: list[str]) -> int:
    """Return 0 if all cases passed, 1 if one failed, 2 if the file cannot be run."""
    parser = argparse.ArgumentParser(prog="python -m tests.selftest", description="Run a file of self-test cases.")
    parser.add_argument("file", type=Path, help="the cases, as in kernel-cases.json")
    parser.add_argument("--build", choices=sorted(BUILDS), help="which build of lockdep: compiled or pure")
    parser.add_argument("-k", metavar="NAME", default="", help="only cases whose name contains NAME")
    options = parser.parse_args(arguments)
    if options.build:
        choose_build(options.build)
    try:
        # Imported here, because the first import of lockdep decides on the build.
        from lockdep.fastpath import BUILD
        from tests.selftest.cases import BrokenFile
        from tests.selftest.grid import render
        from tests.selftest.play import OK
        from tests.selftest.run import load_file, run_case
    except ImportError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    try:
        cases = [case for case in load_file(options.file) if options.k in case.name]
    except BrokenFile as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    outcomes = [run_case(case) for case in cases]
    print(f"{BUILD} build\n")
    print(render(outcomes))
    return int(any(outcome.verdict != OK for outcome in outcomes))


def choose_build(build: str) -> None:
    """Choose the build of lockdep that the next import takes, whatever the environment says."""
    for name in ("LOCKDEP_PURE", "LOCKDEP_REQUIRE_COMPILED"):
        os.environ.pop(name, None)
    os.environ.update(BUILDS[build])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
