"""Locks of dataclasses and attrs classes are of one class for each field, wherever an instance is made."""

import threading
from dataclasses import dataclass, field
from typing import Any

import attrs
import pytest

from tests.worlds import found, nest, patched_world


def make_lock() -> Any:
    return threading.Lock()


@dataclass
class Account:
    owner: str = "somebody"
    lock: Any = field(default_factory=lambda: threading.Lock())
    journal: Any = field(default_factory=lambda: threading.Lock())


@dataclass(frozen=True)
class Frozen:
    lock: Any = field(default_factory=make_lock)


@dataclass
class Derived(Account):
    more: Any = field(default_factory=make_lock)


@attrs.define(slots=False)
class Attributes:
    lock: Any = attrs.field(factory=make_lock)


def class_of(lock: Any) -> str:
    return str(lock.entry.lock_class.name)


@pytest.mark.parametrize("kind", [Account, Frozen, Attributes, Derived])
def test_the_lock_of_a_field_is_of_one_class_wherever_it_is_made(kind: Any) -> None:
    with patched_world():
        one = kind()
        other = kind()

        assert class_of(one.lock) == class_of(other.lock)


def test_fields_and_types_are_told_apart() -> None:
    with patched_world():
        account, frozen = Account(), Frozen()

        assert class_of(account.lock).endswith("Account.lock")
        assert class_of(account.journal).endswith("Account.journal")
        assert class_of(frozen.lock).endswith("Frozen.lock")
        assert ".py:" in class_of(frozen.lock)


def test_an_inversion_across_two_places_that_make_an_instance_is_found() -> None:
    with patched_world():
        journal = threading.Lock()
        nest(Account().lock, journal)
        nest(journal, Account().lock)

        assert found() == ["circular"]


def test_locks_of_different_fields_close_no_cycle_with_each_other() -> None:
    with patched_world():
        journal = threading.Lock()
        nest(Account().lock, journal)
        nest(journal, Account().journal)

        assert found() == []
