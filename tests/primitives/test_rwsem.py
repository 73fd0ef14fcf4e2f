"""RWSem beyond the contract: fairness, downgrading, and lock orders."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lockdep import runtime
from primitives import RWSem
from tests.primitives.contract import Cast, until
from tests.worlds import found


def waiting(sem: RWSem, number: int) -> None:
    until(lambda: sem.statistics().waiting == number)


def test_a_waiting_writer_keeps_new_readers_out(actor: Cast) -> None:
    sem, writer = RWSem(), actor()
    sem.down_read()
    writer.begin(sem.down_write)
    waiting(sem, 1)

    assert actor().do(sem.down_read_trylock) is False

    sem.up_read()
    writer.result()
    writer.do(sem.up_write)


def test_readers_are_admitted_when_the_writer_ahead_times_out(actor: Cast) -> None:
    sem, writer, reader = RWSem(), actor(), actor()
    sem.down_read()
    writer.begin(sem.down_write, 0.05)
    waiting(sem, 1)
    reader.begin(sem.down_read)

    assert writer.result() is False

    reader.result()  # while the first reader still reads
    reader.do(sem.up_read)
    sem.up_read()


def test_downgrading_admits_the_waiting_readers(actor: Cast) -> None:
    sem, first, second, writer = RWSem(), actor(), actor(), actor()
    sem.down_write()
    first.begin(sem.down_read)
    waiting(sem, 1)
    second.begin(sem.down_read)
    waiting(sem, 2)
    writer.begin(sem.down_write)
    waiting(sem, 3)

    sem.downgrade_write()

    first.result()
    second.result()
    assert sem.statistics().readers == 3
    assert sem.statistics().waiting == 1
    assert sem.dep_map.is_held(1) == 1
    with pytest.raises(RuntimeError):
        sem.up_write()
    sem.up_read()
    first.do(sem.up_read)
    second.do(sem.up_read)
    writer.result()
    writer.do(sem.up_write)


@pytest.mark.parametrize(
    ("take", "wrong", "right"),
    [(RWSem.down_write, RWSem.up_read, RWSem.up_write), (RWSem.down_read, RWSem.up_write, RWSem.up_read)],
    ids=["as reader", "as writer"],
)
def test_unlocking_as_the_wrong_side_is_reported_and_refused(
    take: Callable[[RWSem], object], wrong: Callable[[RWSem], object], right: Callable[[RWSem], object]
) -> None:
    sem = RWSem()
    take(sem)

    with pytest.raises(RuntimeError):
        wrong(sem)

    assert [finding.title for finding in runtime.findings()] == ["bad unlock balance detected!"]
    assert sem.is_locked()
    right(sem)
    assert not sem.is_locked()


@pytest.mark.parametrize("take", [None, RWSem.down_read], ids=["free", "read"])
def test_only_the_writer_can_be_downgraded(take: Callable[[RWSem], object] | None) -> None:
    sem = RWSem()
    if take:
        take(sem)

    with pytest.raises(RuntimeError):
        sem.downgrade_write()

    assert found() == ["release"]
    if take:
        sem.up_read()
    assert sem.down_write_trylock()
    sem.up_write()


def test_opposite_orders_of_two_readers_are_reported() -> None:
    a, b = RWSem("a"), RWSem("b")
    with a.read(), b.read():
        pass
    assert found() == []

    with b.read(), a.read():
        pass

    assert found() == ["circular"]  # a waiting writer makes a reader wait for a reader


def test_a_second_rwsem_of_the_class_needs_a_subclass() -> None:
    outer, inner = RWSem("same"), RWSem("same")
    outer.down_write()
    inner.down_write_nested(1)
    inner.up_write()
    inner.down_read_nested(1)
    inner.up_read()
    assert found() == []

    inner.down_write()
    inner.up_write()
    outer.up_write()

    assert found() == ["recursive"]


def test_a_second_rwsem_of_the_class_under_a_nest_lock_is_fine() -> None:
    top, left, right = RWSem("top"), RWSem("side"), RWSem("side")

    with top.write():
        left.down_write_nest_lock(top)
        right.down_write_nest_lock(top)
        right.up_write()
        left.up_write()

    assert found() == []


def test_an_rwsem_without_a_name_is_classed_by_its_line() -> None:
    a = RWSem()
    b = RWSem()
    with a, b:
        pass

    with b, a:
        pass

    (finding,) = runtime.findings()
    assert all("test_rwsem.py" in name for name in finding.classes)
