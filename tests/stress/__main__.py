"""The command line of the stress programs. The package's docstring, tests/stress/__init__.py, is its help text."""

from __future__ import annotations

import argparse
import importlib
import sys
from typing import Any

from tests.stress import __doc__ as description
from tests.stress.watchdog import guard_this_process, run_guarded

TORTURES = {
    "locktorture": "torture",
    "rwtorture": "torture",
    "rcutorture": "rcutorture",
    "seqtorture": "seqtorture",
    "worktorture": "worktorture",
}


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.stress", description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("program", choices=["storm", "upheaval", "race", "onlookers", "handovers", "kills", *TORTURES])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--locks", choices=["raw", "lockdep"], default="lockdep", help="storm: whose locks")
    parser.add_argument("--threads", type=int, default=4, help="race: how many at most; others: how many")
    parser.add_argument("--primitive", help="torture: of this one only; it takes --seconds for each")
    parser.add_argument("--broken", action="store_true", help="torture: of the variants that are broken on purpose")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def run_here(options: argparse.Namespace) -> list[str]:
    if options.program == "storm":
        from tests.stress import storm

        return storm.run(options.seconds, options.locks, options.seed)
    if options.program in TORTURES:
        return list(torture_of(options).run(options))
    if options.program == "upheaval":
        from tests.stress import upheaval

        return upheaval.run(options.seconds, options.seed)
    if options.program == "kills":
        from tests.stress import kills

        return kills.run(options.seconds, options.seed)
    program = importlib.import_module(f"tests.stress.{options.program}")
    return list(program.run(options.seconds, options.threads, options.seed))


def rounds(options: argparse.Namespace) -> int:
    """Return how many subjects the program runs on; it takes --seconds for each."""
    return len(torture_of(options).chosen(options)) if options.program in TORTURES else 1


def torture_of(options: argparse.Namespace) -> Any:
    return importlib.import_module(f"tests.stress.{TORTURES[options.program]}")


def main() -> int:
    options = parse()
    seconds = options.seconds * rounds(options)
    if not options.child:
        return run_guarded(sys.argv[1:], seconds)
    guard_this_process(seconds)
    problems = run_here(options)
    for problem in problems:
        print(f"stress: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
