"""What a new dependency costs in all: it is recorded when it is seen, and judged when its thread holds no lock.

Also the bytes that a witness has for the rules of evidence: the fields that only they need, and what only those refer
to.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from random import Random
from statistics import median
from time import perf_counter_ns
from typing import Any

import lockdep
from lockdep import runtime
from lockdep.graph.dependency import Witness
from tests.bench.made import locks_of_classes
from tests.bench.measure import clock_overhead, collector_off
from tests.bench.slowpath import SAMPLES, SEARCHES, chain_of, validated
from tests.bench.table import Row

OF_EVIDENCE = ("others", "within", "stamp", "clock", "fresh", "prev_owner", "next_owner")
SLOT = 8  # bytes of a field
Pairs = list[tuple[Any, Any]]


def time_nests(pairs: Iterable[tuple[Any, Any]]) -> list[float]:
    """Nest each pair twice; return the us that the first time took longer, from the first lock to the last release."""
    overhead = clock_overhead()
    taken = []
    for outer, inner in pairs:
        begin = perf_counter_ns()
        with outer, inner:
            pass
        middle = perf_counter_ns()
        with outer, inner:
            pass
        taken.append((2 * middle - begin - perf_counter_ns() + overhead) / 1000)
    return taken


def agreeing(count: int) -> Pairs:
    """Return pairs that agree with the rank order of count classes."""
    random, locks = Random(1), chain_of(count, "agreeing")
    firsts = random.sample(range(count - 2), SAMPLES)
    return [(locks[first], locks[random.randrange(first + 2, count)]) for first in firsts]


def searching(count: int) -> Pairs:
    """Return pairs against the rank order, each of which needs a search; see slowpath.py."""
    half = count // 2
    lower, upper = chain_of(half, "lower"), chain_of(half, "upper")
    step = half // (SEARCHES + 1)
    return [(upper[step * i], lower[half - step * i]) for i in range(1, SEARCHES + 1)]


def judged(what: str, pairs: Any, count: int, target: float | None) -> Row:
    validator = lockdep.Validator()
    with lockdep.use(validator), collector_off():
        taken = time_nests(pairs(count))
    high = sorted(taken)[len(taken) * 99 // 100]
    note = f"median of {len(taken)}, p99 {high:.0f} us"
    if validator.findings() or validator.failures:
        note += "; NOT COMPARABLE: findings, or acquisitions that were not validated"
    return Row(f"new dependency that {what}, {count} classes", median(taken), "us", target, note)


def own_bytes(witness: Witness) -> int:
    """Return the bytes of a witness that only the rules of evidence need. What is shared is not counted."""
    values = [getattr(witness, name) for name in OF_EVIDENCE]
    return SLOT * len(values) + sys.getsizeof(witness.stamp) + others_bytes(witness)


def others_bytes(witness: Witness) -> int:
    """Return the bytes for the other locks that its thread held: their stacks are those of other witnesses."""
    others = witness.others
    return sys.getsizeof(others) + sum(map(sys.getsizeof, others)) if others else 0


def witness_bytes(depth: int) -> int:
    """Return the bytes of the witness of two locks under so many others."""
    with lockdep.use(lockdep.Validator()):
        *around, outer, inner = locks_of_classes(validated.Lock, depth + 2, f"witness_{depth}")
        nest([*around, outer, inner])
        dependency = runtime.validator().graph.find(outer.entry.lock_class, inner.entry.lock_class)
        assert dependency is not None
        ((_, witness),) = dependency.all_witnesses(timed=True)
        assert len(witness.others) == depth
        return own_bytes(witness)


def nest(locks: list[Any]) -> None:
    """Take the locks in this order."""
    if locks:
        with locks[0]:
            nest(locks[1:])


def rows() -> Iterator[Row]:
    for count in (1_000, 10_000):
        yield judged("agrees", agreeing, count, 35)
    for count in (1_000, 10_000):
        yield judged("needs a search", searching, count, None)
    alone = witness_bytes(0)
    yield Row("witness, bytes for the rules of evidence", alone, "B", 120)
    yield Row("for each other lock that is held", (witness_bytes(4) - alone) / 4, "B", None, "of four")
