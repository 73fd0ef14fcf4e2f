"""Outcome, findings and CPU of real programs under lockdep, beside the plain program. By hand: it takes packages and
minutes.

    pip install --target packages dramatiq huey SQLAlchemy redis 'psycopg[binary]' psycopg_pool kombu pyzmq grpcio \\
        Twisted tornado uvloop joblib trio anyio gevent eventlet
    python -m tests.bench.applications --packages packages [NAME ...] [--rounds 3]

Each round runs a program plainly, under `lockdep run`, and plainly once more as the control, in an order that turns.
CPU is that of the whole process and its children, with the start. The output and the exit status must be the same.
`redis_clients` needs the command redis-server, and `psycopg_pool_clients` a server that $LOCKDEP_BENCH_POSTGRES names,
for example postgresql://localhost/postgres."""

from __future__ import annotations

import argparse
import os
import re
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.bench.table import Row, render_heading, render_rows
from tests.sourcetree import ROOT

HERE = Path(__file__).parent
NAMES = sorted(path.stem for path in HERE.glob("[a-z]*.py"))
LIMIT = 300  # seconds for one run
FOUND = re.compile(r"lockdep \(\w+\): (\d+ errors?, \d+ warnings?)")
WAYS = {"plain": (), "lockdep": ("-m", "lockdep", "run"), "control": ()}


def one_run(name: str, packages: Path, under: tuple[str, ...]) -> tuple[float, tuple[str, int], str]:
    """Run a program; return its CPU time in seconds, its output and status, and what lockdep says of its findings."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{packages}", "PYTHONWARNINGS": "ignore"}
    before = cpu_of_children()
    done = subprocess.run(
        [sys.executable, *under, str(HERE / f"{name}.py")],
        env=environment, capture_output=True, text=True, timeout=LIMIT,
    )  # fmt: skip
    used = cpu_of_children() - before
    found = FOUND.search(done.stderr)
    if not done.stdout:
        raise SystemExit(f"{name} printed no result:\n{done.stderr}")
    status = 0 if found and done.returncode == 66 else done.returncode  # 66: it has findings, and ended with 0
    return used, (done.stdout, status), found[1] if found else ""


def cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def rows(name: str, packages: Path, rounds: int) -> Iterator[Row]:
    """Yield the row of a program: the median of the ratios of all rounds, and that of the second plain run."""
    used: dict[str, list[float]] = {way: [] for way in WAYS}
    outcomes, told = set(), ""
    for number in range(rounds):
        for way in [*WAYS][number % 3 :] + [*WAYS][: number % 3]:
            seconds, outcome, found = one_run(name, packages, WAYS[way])
            used[way].append(seconds)
            outcomes.add(outcome)
            told = found or told
    ratios = {way: median(one / plain for one, plain in zip(used[way], used["plain"], strict=True)) for way in WAYS}
    same = "same outcome" if len(outcomes) == 1 else f"OUTCOMES DIFFER: {sorted(outcomes)}"
    note = f"control {ratios['control']:.2f} x, plain {median(used['plain']):.2f} s; {told}; {same}"
    yield Row(f"{name}: CPU", ratios["lockdep"], "x", note=note)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.applications")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; all if none is named")
    parser.add_argument("--packages", type=Path, required=True, help="a folder with the packages, for PYTHONPATH")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    if unknown := set(given.names) - {*NAMES}:
        parser.error(f"no program of that name: {', '.join(sorted(unknown))}")
    print(render_heading())
    for name in given.names or NAMES:
        print(*render_rows(rows(name, given.packages.resolve(), given.rounds)), sep="\n", flush=True)


if __name__ == "__main__":
    main()
