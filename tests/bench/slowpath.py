"""The slow path: what an acquisition that is new adds between two acquisitions. It is judged later, and not timed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations, pairwise
from random import Random
from statistics import median
from time import perf_counter_ns
from typing import Any

import lockdep
from lockdep import threading as validated
from tests.bench.made import locks_of_classes
from tests.bench.measure import clock_overhead, collector_off
from tests.bench.table import Row

SAMPLES = 200
SEARCHES = 40
WINDOW = 8
Locks = list[Any]


def time_innermost(nests: Iterable[Locks]) -> list[float]:
    """Take each nest of locks; return the us that the innermost acquisition of each took."""
    overhead = clock_overhead()
    taken = []
    for *outer, innermost in nests:
        for lock in outer:
            lock.acquire()
        begin = perf_counter_ns()
        innermost.acquire()
        taken.append((perf_counter_ns() - begin - overhead) / 1000)
        for lock in (innermost, *reversed(outer)):
            lock.release()
    return taken


def chain_of(count: int, label: str) -> Locks:
    """Return locks of count classes, each one known to be taken under the one before it."""
    locks = locks_of_classes(validated.Lock, count, f"{label}_{count}")
    for outer, inner in pairwise(locks):
        with outer, inner:
            pass
    return locks


def known_dependencies(count: int, random: Random) -> list[float]:
    """Time new chains of three to six locks, of which all pairs are known."""
    locks = chain_of(count, "known")
    nests: list[Locks] = []
    for _ in range(SAMPLES // 20):
        first = random.randrange(count - WINDOW)
        window = locks[first : first + WINDOW]
        for outer, inner in combinations(window, 2):
            with outer, inner:
                pass
        subsets = [list(subset) for size in (3, 4, 5, 6) for subset in combinations(window, size)]
        nests += random.sample(subsets, 20)
    return time_innermost(nests)


def agreeing(count: int, random: Random) -> list[float]:
    """Time new dependencies that agree with the rank order."""
    locks = chain_of(count, "agreeing")
    pairs = {(first, random.randrange(first + 2, count)) for first in random.sample(range(count - 2), SAMPLES)}
    return time_innermost([locks[first], locks[second]] for first, second in sorted(pairs))


def searching(count: int) -> list[float]:
    """Time new dependencies against the rank order: each needs a search through a quarter of the graph or so.

    Two long chains; ever later locks of the one are held when ever earlier ones of the other are taken.
    """
    half = count // 2
    lower, upper = chain_of(half, "lower"), chain_of(half, "upper")
    step = half // (SEARCHES + 1)
    return time_innermost([upper[step * i], lower[half - step * i]] for i in range(1, SEARCHES + 1))


def measured(what: str, target: float, times: Any, *arguments: Any) -> Row:
    validator = lockdep.Validator()
    with lockdep.use(validator), collector_off():
        taken = times(*arguments)
    high = sorted(taken)[len(taken) * 99 // 100]
    note = f"median of {len(taken)}, p99 {high:.0f} us (target 60)"
    if validator.findings() or validator.failures:
        note += "; NOT COMPARABLE: findings, or acquisitions that were not validated"
    return Row(what, median(taken), "us", target, note)


def rows() -> Iterator[Row]:
    random = Random(1)
    for count in (20, 1_000, 10_000):
        yield measured(f"new chain, dependencies known, {count} classes", 3, known_dependencies, count, random)
    for count in (1_000, 10_000):
        yield measured(f"new dependency that agrees, {count} classes", 3, agreeing, count, random)
    for count in (1_000, 10_000):
        yield measured(f"new dependency that needs a search, {count} classes", 3, searching, count)
