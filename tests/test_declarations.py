"""Declared lock orders, and functions that run under a lock."""

from __future__ import annotations

import _thread
import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest

import lockdep
from lockdep.threading import Lock, RLock
from primitives import RWSem, SpinLock, local_irq_disable, local_irq_enable, raise_irq
from primitives.irq import free_irq, request_irq
from tests.worlds import found, nest, world

numbers = count()


@pytest.fixture(autouse=True)
def validator() -> Iterator[lockdep.Validator]:
    with world() as validator:
        yield validator
        assert validator.failures == 0, validator.book.failure


def named(*kinds: Any) -> list[Any]:
    """Return a lock of each kind, of classes of their own: declarations last as long as the process."""
    return [kind(f"{kind.__name__} {next(numbers)}") for kind in kinds]


def test_the_declared_order_is_silent_and_the_reverse_is_found_at_once() -> None:
    a, b = named(Lock, Lock)
    lockdep.order(a, b)
    nest(a, b)
    nest(b)
    assert found() == []
    nest(b, a)
    assert "order" in found()
    finding = next(one for one in lockdep.findings() if one.slug == "order")
    assert finding.classes == (b.entry.lock_class.name, a.entry.lock_class.name)
    assert "declared at tests/test_declarations.py" in str(finding)


def test_the_reverse_is_found_though_the_declared_order_is_never_seen() -> None:
    a, b = named(Lock, Lock)
    lockdep.order(a, b)
    nest(b, a)
    assert found() == ["order"]


def test_declarations_add_up() -> None:
    a, b, c, d = named(Lock, RLock, SpinLock, Lock)
    lockdep.order(a, b, c)
    nest(a, c)
    nest(c, d)
    assert found() == ["wait-context"]  # a Lock under a SpinLock, which has nothing to do with the order
    nest(b, a)
    assert found() == ["wait-context", "order"]
    text = str(lockdep.findings()[-1])
    assert f"  {a.entry.lock_class.name} --> {b.entry.lock_class.name}" in text


def test_what_is_declared_again_is_not_looked_for_again(validator: lockdep.Validator) -> None:
    a, b = named(Lock, Lock)
    lockdep.order(a, b)
    nest(b, a)
    assert found() == ["order"]
    known = validator.chains
    lockdep.order(a, b)
    assert validator.chains == known


def test_a_longer_way_is_in_the_report() -> None:
    a, b, c = named(Lock, Lock, Lock)
    lockdep.order(a, b)
    lockdep.order(b, c)
    nest(c, a)
    names = " --> ".join(one.entry.lock_class.name for one in (a, b, c))
    assert names in str(lockdep.findings()[0])


def test_all_locks_of_a_class_have_the_order() -> None:
    a, b = named(Lock, Lock)
    lockdep.order(a, b)
    nest(Lock(b.entry.lock_class.name), Lock(a.entry.lock_class.name))
    assert found() == ["order"]


@pytest.mark.parametrize("side", ["read", "write"])
def test_a_reader_has_an_order_too(side: str) -> None:
    a, b = named(RWSem, Lock)
    lockdep.order(a, b)
    nest(getattr(a, side)(), b)
    assert found() == []
    nest(b, getattr(a, side)())
    assert "order" in found()


def test_a_try_is_silent() -> None:
    a, b = named(Lock, Lock)
    lockdep.order(a, b)
    with b:
        assert a.acquire(blocking=False)
        a.release()
    assert found() == []


def test_what_a_handler_takes_has_no_order_with_what_it_interrupts() -> None:
    a, b = named(SpinLock, SpinLock)
    lockdep.order(a, b)
    request_irq(5000, lambda _: nest(a))
    with b:
        raise_irq(5000)
    free_irq(5000)
    local_irq_disable()
    local_irq_enable()
    assert found() == []


def test_a_contradiction_is_found_and_not_declared() -> None:
    a, b, c = named(Lock, Lock, Lock)
    lockdep.order(a, b, c)
    lockdep.order(c, a)
    lockdep.order(b, b)
    assert found() == ["misuse", "misuse"]
    nest(a, c)
    assert found() == ["misuse", "misuse"]
    nest(c, a)
    assert "order" in found()


def test_what_is_no_lock_is_a_type_error_and_a_lock_that_is_not_validated_is_passed_over() -> None:
    (a,) = named(Lock)
    with pytest.raises(TypeError, match="expected a lock"):
        lockdep.order(a, 1)
    lockdep.order(_thread.allocate_lock(), a)
    nest(a)
    assert found() == []


def test_the_reverse_that_was_seen_before_the_declaration_is_found(validator: lockdep.Validator) -> None:
    a, b = named(Lock, Lock)
    nest(b, a)
    nest(b, a)
    lockdep.findings()
    chains = validator.chains
    lockdep.order(a, b)
    assert found() == []
    nest(b, a)
    nest(b, a)
    assert found() == ["order"]
    assert validator.chains == chains


def test_the_order_that_was_seen_before_its_declaration_is_silent() -> None:
    a, b, c = named(Lock, Lock, Lock)
    for _ in range(2):
        nest(a, b, c)
        nest(c)
        lockdep.order(a, b, c)
    assert found() == []


def test_what_was_seen_is_compared_with_all_that_follows_from_a_declaration() -> None:
    a, b, c, d, other = named(Lock, RLock, Lock, Lock, Lock)
    lockdep.order(a, b)
    lockdep.order(c, d)
    for _ in range(2):
        nest(d, other, a)
        nest(d, other)
        nest(b, other)
    assert found() == []
    lockdep.order(b, c)
    nest(d, other)
    nest(b, other)
    assert found() == []
    nest(d, other, a)
    assert found() == ["order"]


def test_the_reverse_that_a_handler_took_before_is_found() -> None:
    a, b = named(SpinLock, SpinLock)
    request_irq(5000, lambda _: nest(b, a))
    raise_irq(5000)
    assert found() == []
    lockdep.order(a, b)
    raise_irq(5000)
    free_irq(5000)
    assert found() == ["order"]


def test_the_reverse_that_another_thread_took_before_is_found() -> None:
    a, b = named(Lock, Lock)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(nest, b, a).result()
        lockdep.order(a, b)
        assert found() == []
        pool.submit(nest, b, a).result()
    assert found() == ["order"]


def test_a_lock_that_is_held_while_its_order_is_declared_is_compared() -> None:
    a, b = named(Lock, Lock)
    nest(b, a)
    with b:
        lockdep.order(a, b)
        nest(a)
    assert found() == ["order"]


def test_what_waits_to_be_judged_is_compared_once_and_nothing_is_said_to_be_full() -> None:
    a, b, outer = named(Lock, Lock, Lock)
    with outer:  # nothing is judged before it is released
        nest(b, a)
        lockdep.order(a, b)
        nest(b, a)
    assert found() == ["order"]
    nest(b, a)
    assert found() == ["order"]


# -- synchronized


class Account:
    def __init__(self) -> None:
        self._lock = RLock("account")
        self.balance = 0

    @lockdep.synchronized("_lock")
    def deposit(self, amount: int, *, twice: bool = False) -> int:
        """Add to the balance."""
        lockdep.assert_held(self._lock)
        self.balance += amount
        return self.deposit(amount) if twice else self.balance


def test_a_method_runs_under_the_lock_of_its_instance() -> None:
    account = Account()
    assert account.deposit(2, twice=True) == 4
    assert not account._lock._is_owned()
    assert (account.deposit.__name__, Account.deposit.__doc__) == ("deposit", "Add to the balance.")
    assert found() == []


def test_a_function_runs_under_a_lock_and_an_exception_releases_it() -> None:
    lock = Lock()

    @lockdep.synchronized(lock)
    def fail() -> None:
        assert lock.locked()
        raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert not lock.locked()


def test_the_lock_was_taken_where_the_function_was_called() -> None:
    account, other = Account(), Lock("other")
    lockdep.order(other, account._lock)

    @lockdep.synchronized(account._lock)
    def inner() -> None:
        nest(other)

    inner()
    (finding,) = lockdep.findings()
    line = next(line for line in str(finding).splitlines() if line.startswith(" #0: "))
    assert line.endswith("in test_the_lock_was_taken_where_the_function_was_called")


def test_a_function_whose_body_runs_later_is_refused() -> None:
    async def later() -> None:
        await asyncio.sleep(0)

    def one_by_one() -> Iterator[int]:
        yield 1

    for function in (later, one_by_one):
        with pytest.raises(TypeError, match="when the lock is not held any more"):
            lockdep.synchronized(Lock())(function)
