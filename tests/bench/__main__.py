"""Run the groups named on the command line, or all of them, each in a process of its own, and print one table.

One process each, because what a group leaves behind (ended threads, chains, an uninstalled patch) would be measured by
the next one.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from importlib import import_module

from tests.bench.build import describe
from tests.bench.table import render_heading, render_rows

GROUPS = (
    "locks", "creation", "queues", "handoffs", "newthread", "scaling", "slowpath", "judging", "memory", "startup",
    "primitives", "deferred", "waiting", "blocked", "trip", "requests", "snapshots",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"one of {', '.join(GROUPS)}")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    names = options.groups or GROUPS
    unknown = [name for name in names if name not in GROUPS]
    if unknown:
        parser.error(f"no group {', '.join(unknown)}; there are {', '.join(GROUPS)}")
    if options.here:
        print_group(names[0])
        return
    print(f"{describe()}\n{render_heading()}", flush=True)
    for name in names:
        subprocess.run([sys.executable, "-m", "tests.bench", "--here", name], check=True)


def print_group(name: str) -> None:
    print(name)
    for line in render_rows(import_module(f"tests.bench.{name}").rows()):
        print(line, flush=True)


if __name__ == "__main__":
    main()
