"""Compare validator and model on many random programs: python -m tests.selftest.random --count 100000 [--seed N].

Each batch of programs has its own seed and process. The first program of a batch on which they disagree is shrunk and
printed as a case.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.selftest.agreement import Disagreement, check
from tests.selftest.cases import Case
from tests.selftest.programs import LOCKS, LONGEST, write
from tests.selftest.shrink import disagreement, shrink

BATCH = 500
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]

short = st.binary(min_size=LOCKS + 2, max_size=LONGEST // 2)
long = st.binary(min_size=LONGEST // 2, max_size=LONGEST)
programs = st.one_of(short, long).map(write)


def batch(number: int, count: int) -> tuple[Counter[str], str]:
    """Compare `count` programs; return how many had each kind of finding, and the first disagreement as text."""
    titles: Counter[str] = Counter()
    wrong: list[Case] = []

    @seed(number)
    @settings(max_examples=count, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=SLOW)
    @given(programs)
    def compare(case: Case) -> None:
        try:
            titles.update(check(case) or {"nothing"})
        except Disagreement:
            wrong.append(case)

    compare()
    return titles, f"seed {number}: {smallest(wrong[0])}" if wrong else ""


def smallest(case: Case) -> str:
    """Return the disagreement about a program, after shrinking the program."""
    return str(disagreement(shrink(case)) or "the disagreement is gone when the program runs again")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.selftest.random", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="how many programs")
    parser.add_argument("--seed", type=int, default=1, help="of the first batch; the next ones count on")
    parser.add_argument("--jobs", type=int, default=None, help="how many processes")
    options = parser.parse_args(arguments)
    seeds = range(options.seed, options.seed + (options.count + BATCH - 1) // BATCH)
    titles: Counter[str] = Counter()
    troubles: list[str] = []
    with ProcessPoolExecutor(options.jobs) as pool:
        for found, trouble in pool.map(batch, seeds, [min(BATCH, options.count)] * len(seeds)):
            titles += found
            troubles += [trouble] if trouble else []
    for title, count in titles.most_common():
        print(f"{count:8} programs with {title}")
    for trouble in troubles[:5]:
        print(trouble)
    print(f"{len(seeds)} batches, {len(troubles)} disagree")
    return int(bool(troubles))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
