"""Compares two operations by short alternating batches: the median of their ratios, and the best time of each side.

A batch takes a number of loops and returns the ns it took. Both sides run the same source line by line, so loop
overhead is the same on both and is not subtracted; bodies are unrolled ten times, which leaves it under 2 ns a piece.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from time import perf_counter_ns
from types import FunctionType
from typing import Any

Batch = Callable[[int], int]

BATCH_NS = 300_000  # long against the clock (50 ns), short against a time slice
PAIRS = 301


@dataclass(frozen=True, slots=True)
class Comparison:
    """ratio: median over the pairs of batches; raw and validated: best ns for one operation."""

    ratio: float
    raw: float
    validated: float


def bind(function: Callable[..., object], *arguments: Any) -> Batch:
    """Return a batch with its own code object, so that inline caches specialised for one side do not slow the other."""
    assert isinstance(function, FunctionType)
    copy = FunctionType(function.__code__.replace(), function.__globals__, function.__name__)

    def batch(loops: int) -> int:
        begin = perf_counter_ns()
        copy(*arguments, loops)
        return perf_counter_ns() - begin

    return batch


def compare(
    raw: Batch, validated: Batch, per_loop: int = 10, pairs: int = PAIRS, batch_ns: int = BATCH_NS
) -> Comparison:
    """Run raw and validated batches in turn; per_loop is the number of operations in one loop of a batch."""
    with collector_off():
        loops = calibrate(raw, batch_ns)
        validated(loops)
        times = [(raw(loops), validated(loops)) for _ in range(pairs)]
    operations = loops * per_loop
    return Comparison(
        ratio=median(after / before for before, after in times),
        raw=min(before for before, _ in times) / operations,
        validated=min(after for _, after in times) / operations,
    )


def calibrate(batch: Batch, batch_ns: int) -> int:
    """Return the number of loops that take about batch_ns."""
    loops = 1
    while (taken := min(batch(loops) for _ in range(3))) < batch_ns // 4:
        loops *= 2
    return max(1, loops * batch_ns // taken)


def clock_overhead() -> float:
    """Return the ns between two consecutive reads of the clock, to subtract where single operations are timed."""
    return median(-(perf_counter_ns() - perf_counter_ns()) for _ in range(2001))


@contextmanager
def collector_off() -> Iterator[None]:
    """Turn the collector off: it would charge one side for the garbage of the other."""
    enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
