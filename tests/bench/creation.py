"""Creating a lock, directly and through two factory functions. The calls of the factories count on both sides."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from itertools import repeat
from typing import Any

from lockdep import threading as validated
from tests.bench import build
from tests.bench.measure import bind, compare
from tests.bench.table import Row, ratio_row

Make = Callable[[], Any]


def bare(make: Make, loops: int) -> None:
    for _ in repeat(None, loops):
        lock = make()
        lock = make()
        lock = make()
        lock = make()
        lock = make()
        lock = make()
        lock = make()
        lock = make()
        lock = make()
        lock = make()
    del lock


def through_factories(make: Make, loops: int) -> None:
    def inner() -> Any:
        return make()

    def outer() -> Any:
        return inner()

    for _ in repeat(None, loops):
        outer()
        outer()
        outer()
        outer()
        outer()


def rows() -> Iterator[Row]:
    for name in ("Lock", "RLock"):
        raw, known = getattr(threading, name), getattr(validated, name)
        yield ratio_row(f"{name}()", compare(bind(bare, raw), bind(bare, known)), build.CREATION)
        measured = compare(bind(through_factories, raw), bind(through_factories, known), per_loop=5)
        yield ratio_row(f"{name}() two frames deep", measured, build.CREATION)
