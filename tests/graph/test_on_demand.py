"""Whether code makes a lock if it finds none, by its bytecode."""

import sys
import threading
from collections import defaultdict
from collections.abc import Callable
from functools import cache, cached_property
from typing import Any, ClassVar

import pytest

from lockdep.graph.on_demand import is_memoized, is_on_demand

seen: list[bool] = []


def made() -> Any:
    """Make a lock, and note whether the caller does so on demand."""
    frame = sys._getframe(1)
    seen.append(is_on_demand(frame.f_code, frame.f_lasti) or is_memoized(frame))
    return threading.Lock()


of_module: Any = None
of_keys: dict[object, Any] = {}
of_default_keys: Any = defaultdict(made)


class Thing:
    kept: Any = None
    table: ClassVar[dict[object, Any]] = {}
    tried: Any

    def asks_for_none(self) -> None:
        if self.kept is None:
            self.kept = made()

    def tries(self) -> Any:
        try:
            return self.tried
        except AttributeError:
            lock = self.tried = made()
            return lock

    def sets_default(self) -> Any:
        return vars(self).setdefault("lock", made())

    def sets_attribute(self) -> None:
        if not hasattr(self, "lock"):
            setattr(self, "lock", made())  # noqa: B010

    def gets(self) -> None:
        lock = self.table.get(1)
        if lock is None:
            lock = made()
            self.table[1] = lock

    def looks_in(self) -> None:
        if 2 not in self.table:
            self.table[2] = made()

    def __getattr__(self, name: str) -> Any:
        if name == "missing":
            self.missing = made()
            return self.missing
        raise AttributeError(name)

    @cache  # noqa: B019
    def remembered(self) -> Any:
        return made()

    def renews(self) -> None:
        self.renewed = made()

    def local(self) -> None:
        own = made()
        with own:
            pass

    def takes_first(self) -> None:
        if 3 not in self.table:
            lock = made()
            with lock:
                pass
            self.table[3] = lock

    def passes_on(self) -> None:
        str(made())

    def fills_a_new_one(self) -> dict[int, Any]:
        new = {}
        new[1] = made()
        return new


class Constructed:
    def __init__(self) -> None:
        self.lock = getattr(self, "lock", None) or made()


def of_a_module() -> None:
    global of_module
    if of_module is None:
        of_module = made()


def of_a_key() -> None:
    if 1 not in of_keys:
        of_keys[1] = made()


def of_a_closure() -> None:
    lock = None

    def ask() -> Any:
        nonlocal lock
        if lock is None:
            lock = made()
        return lock

    ask()


def item() -> Any:
    return of_default_keys[1]


thing, other = Thing(), Thing()
ON_DEMAND: list[Callable[[], object]] = [
    thing.asks_for_none, thing.tries, thing.sets_default, other.sets_attribute, thing.gets, thing.looks_in,
    lambda: thing.missing, thing.remembered, of_a_module, of_a_key, of_a_closure, item,
]  # fmt: skip
ALWAYS: list[Callable[[], object]] = [
    thing.renews, thing.local, thing.takes_first, thing.passes_on, thing.fills_a_new_one, Constructed,
]  # fmt: skip


@pytest.mark.parametrize("ask", ON_DEMAND)
def test_code_that_makes_a_lock_if_it_finds_none(ask: Callable[[], object]) -> None:
    seen.clear()
    ask()
    assert seen == [True]


@pytest.mark.parametrize("ask", ALWAYS)
def test_code_that_makes_a_lock_in_any_case(ask: Callable[[], object]) -> None:
    seen.clear()
    ask()
    assert seen == [False]


def test_a_cached_property_is_told_by_its_own_code() -> None:
    assert is_on_demand(cached_property.__get__.__code__, 0)
