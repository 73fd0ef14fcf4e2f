"""Attributes that are used under a lock only."""

from __future__ import annotations

import copy
import gc
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pytest

import lockdep
from lockdep.threading import Lock
from primitives import RWSem
from tests.worlds import found, in_thread, world


@pytest.fixture(autouse=True)
def validator() -> Iterator[lockdep.Validator]:
    with world() as validator:
        yield validator
        assert validator.failures == 0, validator.book.failure


@lockdep.guarded_by("_lock", "balance", "owner")
class Account:
    owner = "nobody"

    def __init__(self) -> None:
        self._lock = Lock("account")
        self.balance = 0
        self.balance += 1


class Marked:
    balance: int = lockdep.guarded("_lock")

    def __init__(self) -> None:
        self._lock = Lock("account")
        self.balance = 1


@lockdep.guarded_by("_lock", "balance")
class Slotted:
    __slots__ = ("_lock", "balance")

    def __init__(self) -> None:
        self._lock = Lock("account")
        self.balance = 1


@lockdep.guarded_by("_lock", "balance")
@dataclass
class Data:
    balance: int = 1
    _lock: Lock = field(default_factory=lambda: Lock("account"))


class Derived(Account):
    def __init__(self) -> None:
        super().__init__()
        self.balance = 1

    def __del__(self) -> None:
        self.balance = 0


KINDS = [Account, Marked, Slotted, Data, Derived]


def change(account: Any) -> None:
    account.balance += 1


def delete(account: Any) -> None:
    del account.balance


@pytest.mark.parametrize("kind", KINDS)
def test_a_use_under_the_lock_is_silent(kind: Callable[[], Any]) -> None:
    account = kind()
    with account._lock:
        change(account)
        assert account.balance == 2
        delete(account)
        assert getattr(account, "balance", "gone") == (1 if kind is Data else "gone")  # Data has a default
    assert found() == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("use", [change, delete, lambda account: account.balance])
def test_a_use_without_the_lock_is_found_and_done(kind: Callable[[], Any], use: Callable[[Any], object]) -> None:
    account = kind()
    with account._lock:
        before = account.balance
    use(account)
    findings = lockdep.findings()
    assert {finding.slug for finding in findings} == {"assertion"}
    assert findings[0].title == "guarded_by failed"
    assert "is used with account held, as in tests/test_guarded.py" in str(findings[0])
    assert before == 1
    if use is change:
        with account._lock:
            assert account.balance == 2


def test_each_place_is_one_finding() -> None:
    account = Account()
    for _ in range(3):
        account.balance = 2
    assert len(found()) == 1
    account.balance = 2
    assert len(found()) == 2


def test_another_thread_that_holds_the_lock_helps_nobody() -> None:
    account = Account()
    with account._lock:
        in_thread(lambda: change(account))
    assert set(found()) == {"assertion"}


def test_a_finalizer_and_a_copy_may_use_it() -> None:
    account = Derived()
    del account
    gc.collect()
    assert found() == []


def test_a_class_attribute_is_the_default() -> None:
    account = Account()
    assert Account.owner == "nobody"
    with account._lock:
        assert account.owner == "nobody"
        account.owner = "me"
        assert account.owner == "me"
    assert Account.owner == "nobody"
    assert Data.balance == 1
    assert found() == []


def test_a_property_that_is_worked_out_once_is_guarded() -> None:
    @lockdep.guarded_by("_lock", "total")
    class Cart:
        def __init__(self) -> None:
            self._lock = Lock("cart")
            self.worked = 0

        @cached_property
        def total(self) -> int:
            self.worked += 1
            return 7

    cart = Cart()
    with cart._lock:
        assert (cart.total, cart.total, cart.worked) == (7, 7, 1)
    assert found() == []
    assert cart.total == 7
    assert found() == ["assertion"]


def test_a_reader_must_not_write() -> None:
    lock = RWSem("table")

    @lockdep.guarded_by(lock, "rows")
    class Table:
        rows = 0

    table = Table()
    with lock.read():
        assert table.rows == 0
    with lock.write():
        table.rows = 1
    assert found() == []
    with lock.read():
        table.rows = 2
    assert found() == ["assertion"]
    assert "Table.rows is used with table held for writing" in str(lockdep.findings()[0])


def test_without_tracking_all_uses_are_right() -> None:
    account = Account()
    with lockdep.paused():
        change(account)
    assert found() == []


# -- contents

ONE = [1]


@lockdep.guarded_by("_lock", "rows", "names", contents=True)
class Table:
    def __init__(self) -> None:
        self._lock = Lock("table")
        self.rows = [3, 1, 2]
        self.names = {"a": 1}


def test_contents_work_as_before_under_the_lock() -> None:
    table = Table()
    with table._lock:
        rows = table.rows
        rows.append(4)
        rows += [5]
        rows[0] = 0
        del rows[1]
        rows.sort()
        assert isinstance(rows, list)
        assert (rows, len(rows), 2 in rows, list(rows), rows[1:]) == ([0, 2, 4, 5], 4, True, [0, 2, 4, 5], [2, 4, 5])
        assert rows + ONE == [0, 2, 4, 5, 1]
        assert ONE + rows == [1, 0, 2, 4, 5]
        assert (rows * 2, bool(rows), repr(rows)) == ([0, 2, 4, 5] * 2, True, "[0, 2, 4, 5]")
        table.names |= {"b": 2}
        table.names["c"] = 3
        assert (dict(table.names), sorted(table.names.items())) == (
            {"a": 1, "b": 2, "c": 3},
            [("a", 1), ("b", 2), ("c", 3)],
        )
        assert (copy.copy(rows), copy.deepcopy(rows), pickle.loads(pickle.dumps(rows))) == (rows, rows, rows)
        assert type(vars(table)["names"]) is dict
        table.rows = table.rows
        assert type(vars(table)["rows"]) is list
    assert found() == []


USES: list[Callable[[Any], object]] = [
    lambda rows: rows.append(1), len, list, lambda rows: rows[0], lambda rows: rows.__setitem__(0, 1), repr, bool,
    lambda rows: 1 in rows, lambda rows: rows == [], copy.copy, pickle.dumps, lambda rows: rows + ONE,
]  # fmt: skip


@pytest.mark.parametrize("use", USES)
def test_contents_that_are_used_after_the_lock_was_released_are_found(use: Callable[[Any], object]) -> None:
    table = Table()
    with table._lock:
        rows = table.rows
    assert found() == []
    use(rows)
    assert set(found()) == {"assertion"}


def test_without_contents_only_the_attribute_is_guarded() -> None:
    account = Account()
    with account._lock:
        account.owner = ["a"]  # type: ignore[assignment]
        owner: Any = account.owner
    owner.append("b")
    assert found() == []


@pytest.mark.xfail(reason="an iterator is the container's own")
def test_an_iterator_that_is_used_without_the_lock_is_found() -> None:
    table = Table()
    with table._lock:
        rows = iter(table.rows)
    next(rows)
    assert found() == ["assertion"]
