"""Threads that use locks of their own: the cost for one thread while others run. Most useful on free-threaded builds.

The locks that are used stand sixteen apart among those made on the line, so that no two share a cache line: raw locks
are small, and neighbours would slow each other on the raw side only. On a GIL build the threads take turns and both
columns grow with the number of threads; the ratio should stay that of one thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from time import perf_counter_ns
from typing import Any

from lockdep import threading as validated
from tests.bench import build
from tests.bench.locks import with_block
from tests.bench.measure import Batch, Comparison, bind, compare
from tests.bench.table import Row, ratio_row

SPACING = 16
BATCH_NS = 4_000_000


def private_locks(module: Any) -> list[Any]:
    """Return four locks, each made on a line of its own."""
    a = [module.Lock() for _ in range(SPACING)]
    b = [module.Lock() for _ in range(SPACING)]
    c = [module.Lock() for _ in range(SPACING)]
    d = [module.Lock() for _ in range(SPACING)]
    return [a[0], b[0], c[0], d[0]]


def one_class(module: Any) -> list[Any]:
    """Return four locks made on one line."""
    return [module.Lock() for _ in range(SPACING * 4)][::SPACING]


def together(batches: list[Batch]) -> Batch:
    """Return a batch in which each of these runs in a thread of its own, all at the same time.

    Its time runs from the moment the first thread begins until the last one ends: their start is not part of it.
    """

    def run(batch: Batch, loops: int, line: threading.Barrier, ends: list[tuple[int, int]]) -> None:
        line.wait()
        begin = perf_counter_ns()
        batch(loops)
        ends.append((begin, perf_counter_ns()))

    def run_all(loops: int) -> int:
        line, ends = threading.Barrier(len(batches)), list[tuple[int, int]]()
        threads = [threading.Thread(target=run, args=(batch, loops, line, ends)) for batch in batches]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return max(end for _, end in ends) - min(begin for begin, _ in ends)

    return run_all


def compare_at(make: Callable[[Any], list[Any]], count: int) -> Comparison:
    raw, known = ([bind(with_block, lock) for lock in make(module)[:count]] for module in (threading, validated))
    return compare(together(raw), together(known), pairs=41, batch_ns=BATCH_NS)


def rows() -> Iterator[Row]:
    for what, make in (("private locks", private_locks), ("locks of one class", one_class)):
        alone = compare_at(make, 1)
        yield ratio_row(f"1 thread on {what}", alone, None)
        for count in sorted({build.CORES, 4} - {1}):
            if count > 4:
                continue
            target = max(alone.ratio * 1.1, build.WITH)  # the ratio of one thread, but nobody minds less than the goal
            yield ratio_row(f"{count} threads on {what}", compare_at(make, count), target, "wall per thread")
