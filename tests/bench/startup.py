"""Start-up: the median difference between the run time of a whole process and that of an empty one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from statistics import median
from time import perf_counter

from tests.bench.table import Row
from tests.patience import PROGRAM_LIMIT

RUNS = 15
HEAVY = ("networkx", "wrapt", "structlog", "rich", "asyncio", "pytest", "inspect", "typing")
LIST_HEAVY = f"import lockdep, sys; print(*(name for name in {HEAVY!r} if name in sys.modules))"
TIME_PLUGIN = (
    "import pytest, time; begin = time.perf_counter(); import lockdep.pytest_plugin; print(time.perf_counter() - begin)"
)


def output(*arguments: str) -> str:
    return subprocess.run(
        [sys.executable, *arguments], check=True, capture_output=True, text=True, timeout=PROGRAM_LIMIT
    ).stdout


def seconds(*arguments: str) -> float:
    begin = perf_counter()
    output(*arguments)
    return perf_counter() - begin


def beyond_empty(*arguments: str) -> float:
    """Return the ms that python with the arguments takes longer than `python -c pass`."""
    seconds(*arguments)
    return median(seconds(*arguments) - seconds("-c", "pass") for _ in range(RUNS)) * 1000


def rows() -> Iterator[Row]:
    heavy = output("-c", LIST_HEAVY).strip()
    yield Row("import lockdep", beyond_empty("-c", "import lockdep"), "ms", 30, f"imports {heavy or 'nothing heavy'}")
    yield Row("lockdep run -c pass", beyond_empty("-m", "lockdep", "run", "-c", "pass"), "ms", 150)
    plugin = median(float(output("-c", TIME_PLUGIN)) for _ in range(RUNS)) * 1000
    yield Row("import lockdep.pytest_plugin, pytest loaded", plugin, "ms", 5)
