"""Run the groups named on the command line, or all of them, and print one table."""

from __future__ import annotations

import argparse
from importlib import import_module

from tests.bench.build import describe
from tests.bench.table import render_heading, render_rows

GROUPS = ("locks", "creation", "queues", "newthread", "scaling", "slowpath", "memory", "startup")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"one of {', '.join(GROUPS)}")
    names = parser.parse_args().groups or GROUPS
    unknown = [name for name in names if name not in GROUPS]
    if unknown:
        parser.error(f"no group {', '.join(unknown)}; there are {', '.join(GROUPS)}")
    print(f"{describe()}\n{render_heading()}", flush=True)
    for name in names:
        print(name)
        for line in render_rows(import_module(f"tests.bench.{name}").rows()):
            print(line, flush=True)


if __name__ == "__main__":
    main()
