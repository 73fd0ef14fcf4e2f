"""Memory: growth of the resident size over many locks or chains, each kind in its own process. tracemalloc does not see
C arrays."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

from tests.bench.made import locks_of_classes
from tests.bench.table import Row
from tests.patience import PROGRAM_LIMIT

LOCKS = 200_000
CHAIN_LOCKS = 15
CHAINS = (1 << CHAIN_LOCKS) - 1  # one for each non-empty subset, taken in one order


def resident() -> int:
    gc.collect()
    for line in Path("/proc/self/smaps_rollup").read_text().splitlines():
        if line.startswith("Rss:"):
            return int(line.split()[1]) * 1024
    raise LookupError("no Rss line")


def bytes_per_lock(make: Callable[[], object]) -> float:
    keep: list[object] = [None] * LOCKS
    make()
    before = resident()
    for index in range(LOCKS):
        keep[index] = make()
    return (resident() - before) / LOCKS


def take_subsets(locks: list[Any]) -> None:
    """Take each subset of the locks, in order, by one walk through their tree."""
    for index, lock in enumerate(locks):
        with lock:
            take_subsets(locks[index + 1 :])


def bytes_per_chain(make: Callable[[], Any]) -> float:
    """Return the bytes of a chain without its dependencies, which are recorded first."""
    locks = locks_of_classes(make, CHAIN_LOCKS)
    for first, second in combinations(locks, 2):
        with first, second:
            pass
    before = resident()
    take_subsets(locks)
    return (resident() - before) / CHAINS


def measure(kind: str) -> float:
    from lockdep import threading as validated

    kinds: dict[str, Callable[[], float]] = {
        "raw-Lock": lambda: bytes_per_lock(threading.Lock),
        "raw-RLock": lambda: bytes_per_lock(threading.RLock),
        "Lock": lambda: bytes_per_lock(validated.Lock),
        "RLock": lambda: bytes_per_lock(validated.RLock),
        "chain": lambda: bytes_per_chain(validated.Lock),
    }
    return float(kinds[kind]())


def in_process(kind: str) -> float:
    command = [sys.executable, "-m", "tests.bench.memory", kind]
    return float(subprocess.run(command, check=True, capture_output=True, text=True, timeout=PROGRAM_LIMIT).stdout)


def rows() -> Iterator[Row]:
    for name in ("Lock", "RLock"):
        raw, size = in_process(f"raw-{name}"), in_process(name)
        note = f"{raw:.0f} -> {size:.0f} B, {LOCKS} locks"
        yield Row(f"{name}, bytes beyond the raw lock", size - raw, "B", 200, note)
    yield Row("known chain", in_process("chain"), "B", 1000, f"{CHAINS} chains of up to {CHAIN_LOCKS} locks")


if __name__ == "__main__":
    print(measure(sys.argv[1]))
