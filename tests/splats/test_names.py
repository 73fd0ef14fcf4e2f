"""What reports call the things that Python gives names that say nothing: conditions, and workers of pools."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.worlds import program

CONDITION = """
import threading

class Box:
    def __init__(self):
        self.ready = threading.Condition()
        self.lock = threading.Lock()

box = Box()
with box.ready, box.lock: pass
with ORDER: pass
"""
POOL = """
import threading
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.pool import ThreadPool
a, b = threading.Lock(), threading.Lock()

def both(first, second):
    with first, second: pass

with POOL as pool:
    WORK
"""


@pytest.mark.parametrize("style", ["short", "kernel"])
def test_a_condition_is_named_by_its_attribute(tmp_path: Path, style: str) -> None:
    source = CONDITION.replace("ORDER", "box.lock, box.ready")

    words = " ".join(program(tmp_path, source, LOCKDEP_OPTIONS=f"style={style}").stderr.split())

    assert ("A prog.py:6 self.ready (Condition)" if style == "short" else "[Condition]") in words
    assert "made at" not in words


def test_a_condition_in_one_order_is_silent(tmp_path: Path) -> None:
    done = program(tmp_path, CONDITION.replace("ORDER", "box.ready, box.lock"))

    assert " 0 errors, 0 warnings;" in done.stderr


SUBMIT, APPLY = "submit(both, {}).result()", "apply(both, ({}))"


@pytest.mark.parametrize(
    ("pool", "work", "name"),
    [
        ("ThreadPoolExecutor(2)", SUBMIT, r"worker [01] \[pool:prog.py:10\]"),
        ("ThreadPoolExecutor(2, 'sellers')", SUBMIT, "sellers_[01]"),
        ("ThreadPool(2)", APPLY, r"worker \d \[pool:prog.py:10\]"),
    ],
)
def test_a_worker_is_named_after_its_pool_unless_that_has_a_name(
    tmp_path: Path, pool: str, work: str, name: str
) -> None:
    def told(*orders: str) -> str:
        items = "\n    ".join(f"pool.{work.format(order)}" for order in orders)
        return program(tmp_path, POOL.replace("POOL", pool).replace("WORK", items)).stderr

    found = told("a, b", "b, a")

    assert re.search(f"^{name} took A, then B$", found, re.MULTILINE)
    assert re.search(f"^{name} took B, then A$", found, re.MULTILINE)
    assert " 0 errors, 0 warnings;" in told("a, b", "a, b")
