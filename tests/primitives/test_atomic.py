"""Atomic, AtomicRef, AtomicFlags and the barriers: the results of operations, each a single step."""

from __future__ import annotations

import gc
import signal
import weakref
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from lockdep.fastpath import BUILD
from primitives import atomic, barrier
from primitives.atomic import Atomic, AtomicFlags, AtomicRef
from primitives.rcu import RCUPointer
from tests.primitives.contract import run_threads

TOP = (1 << 63) - 1
BOTTOM = -1 << 63


def test_atomics_are_of_the_same_build_as_lockdep() -> None:
    assert (BUILD == "compiled") == atomic.core.COMPILED


@pytest.mark.parametrize(
    ("operation", "arguments", "returned", "after"),
    [
        ("add", (3,), None, 8),
        ("sub", (3,), None, 2),
        ("inc", (), None, 6),
        ("dec", (), None, 4),
        ("add_return", (3,), 8, 8),
        ("sub_return", (3,), 2, 2),
        ("inc_return", (), 6, 6),
        ("dec_return", (), 4, 4),
        ("fetch_add", (3,), 5, 8),
        ("fetch_sub", (3,), 5, 2),
        ("fetch_inc", (), 5, 6),
        ("fetch_dec", (), 5, 4),
        ("sub_and_test", (5,), True, 0),
        ("sub_and_test", (4,), False, 1),
        ("inc_and_test", (), False, 6),
        ("dec_and_test", (), False, 4),
        ("add_negative", (-6,), True, -1),
        ("add_negative", (-5,), False, 0),
        ("add_unless", (2, 5), False, 5),
        ("add_unless", (2, 4), True, 7),
        ("fetch_add_unless", (2, 5), 5, 5),
        ("fetch_add_unless", (2, 4), 5, 7),
        ("inc_not_zero", (), True, 6),
        ("inc_unless_negative", (), True, 6),
        ("dec_unless_positive", (), False, 5),
        ("dec_if_positive", (), 4, 4),
        ("and_", (6,), None, 4),
        ("or_", (2,), None, 7),
        ("xor", (6,), None, 3),
        ("andnot", (4,), None, 1),
        ("fetch_and", (6,), 5, 4),
        ("fetch_or", (2,), 5, 7),
        ("fetch_xor", (6,), 5, 3),
        ("fetch_andnot", (4,), 5, 1),
        ("xchg", (9,), 5, 9),
        ("cmpxchg", (5, 9), 5, 9),
        ("cmpxchg", (4, 9), 5, 5),
        ("try_cmpxchg", (5, 9), (True, 5), 9),
        ("try_cmpxchg", (4, 9), (False, 5), 5),
        ("read_acquire", (), 5, 5),
        ("set_release", (9,), None, 9),
        ("set", (9,), None, 9),
    ],
)
def test_an_operation_on_five_returns_and_stores_the_right_values(
    operation: str, arguments: tuple[int, ...], returned: object, after: int
) -> None:
    number = Atomic(5)

    assert getattr(number, operation)(*arguments) == returned
    assert number.read() == after


@pytest.mark.parametrize(
    ("operation", "start", "returned", "after"),
    [
        ("inc_not_zero", 0, False, 0),
        ("inc_and_test", -1, True, 0),
        ("dec_and_test", 1, True, 0),
        ("dec_if_positive", 0, -1, 0),
        ("dec_if_positive", 1, 0, 0),
        ("inc_unless_negative", -1, False, -1),
        ("dec_unless_positive", 0, True, -1),
        ("dec_unless_positive", -3, True, -4),
    ],
)
def test_an_operation_at_a_boundary_returns_and_stores_the_right_values(
    operation: str, start: int, returned: object, after: int
) -> None:
    number = Atomic(start)

    assert getattr(number, operation)() == returned
    assert number.read() == after


def test_numbers_have_64_bits_and_wrap_around() -> None:
    number = Atomic(TOP)

    assert number.inc_return() == BOTTOM
    assert number.dec_return() == TOP
    assert number.fetch_add_unless(1, 0) == TOP
    assert number.read() == BOTTOM
    for refused in (TOP + 1, BOTTOM - 1):
        for operation in (number.set, number.add, number.xchg, Atomic, number.set_release):
            with pytest.raises(OverflowError):
                operation(refused)
    assert number.read() == BOTTOM


@pytest.mark.parametrize("seed", range(5))
def test_random_operations_agree_with_plain_numbers(seed: int) -> None:
    random, plain, number = Random(seed), 0, Atomic()
    for _ in range(300):
        operand = random.choice([random.randint(BOTTOM, TOP), random.randint(-3, 3)])
        operation = random.choice(["fetch_add", "fetch_and", "fetch_or", "fetch_xor"])
        assert getattr(number, operation)(operand) == plain
        exact = {"add": plain + operand, "and": plain & operand, "or": plain | operand, "xor": plain ^ operand}
        plain = atomic.wrapped(exact[operation.removeprefix("fetch_")])
        assert number.read() == plain


def test_no_addition_of_concurrent_threads_is_lost() -> None:
    number, flags = Atomic(), AtomicFlags(4)

    def work(thread: int) -> None:
        for _ in range(3000):
            number.inc()
            number.fetch_add_unless(2, -1)
            flags.change_bit(thread)

    run_threads(4, work)

    assert number.read() == 4 * 3000 * 3
    assert flags.read() == 0


def test_no_addition_is_lost_to_a_signal_handler() -> None:
    number = Atomic()
    handled = 0

    def handler(*_: object) -> None:
        nonlocal handled
        handled += 1
        for _ in range(10):
            number.inc()

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.0002, 0.0002)
    rounds = 0
    try:
        while handled < 50:
            rounds += 1
            number.inc()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

    assert number.read() == rounds + 10 * handled


# References


class Thing:
    """An object to refer to."""


def test_references_are_compared_by_identity() -> None:
    first, second = [1], [1]
    cell = AtomicRef(first)

    assert cell.read() is first
    assert cell.cmpxchg(second, []) is first
    assert cell.try_cmpxchg(second, []) == (False, first)
    assert cell.try_cmpxchg(first, second) == (True, first)
    assert cell.xchg([3]) is second
    cell.set([4])
    assert cell.read() == [4]
    assert AtomicRef(None).read() is None


@pytest.mark.parametrize("kind", [AtomicRef, RCUPointer])
def test_replacing_an_object_releases_its_reference(kind: Any) -> None:
    things = [Thing() for _ in range(4)]
    alive = [weakref.ref(thing) for thing in things]
    cell = kind(things[0])
    cell.xchg(things[1])
    cell.set(things[2])
    assert cell.try_cmpxchg(things[2], things[3])[0]
    assert not cell.try_cmpxchg(things[2], things[0])[0]

    del things
    gc.collect()
    assert [one() is not None for one in alive] == [False, False, False, True]
    del cell
    gc.collect()
    assert alive[3]() is None


def test_cycles_through_references_are_collected() -> None:
    cell = AtomicRef(Thing())
    alive = weakref.ref(cell.read())
    cell.read().cell = cell

    del cell
    gc.collect()

    assert alive() is None


def test_a_finalizer_may_change_the_cell_that_released_its_object() -> None:
    cell: AtomicRef[Any] = AtomicRef(None)

    class Stubborn:
        def __del__(self) -> None:
            cell.set("from the finalizer")

    cell.set(Stubborn())
    cell.set("from the program")

    assert cell.read() == "from the finalizer"


def test_racing_threads_see_whole_objects() -> None:
    cell: AtomicRef[Any] = AtomicRef((0, 0))

    def work(thread: int) -> None:
        for number in range(3000):
            if thread % 2:
                cell.set((number, number))
            else:
                first, second = cell.read()
                assert first == second

    run_threads(4, work)


def test_a_stack_built_on_cmpxchg_loses_nothing() -> None:
    top: AtomicRef[Any] = AtomicRef(None)

    def push(thread: int) -> None:
        for number in range(500):
            below = top.read()
            done = False
            while not done:
                done, below = top.try_cmpxchg(below, (thread * 500 + number, below))

    run_threads(4, push)

    pushed, node = set(), top.read()
    while node is not None:
        pushed.add(node[0])
        node = node[1]
    assert pushed == set(range(2000))


# Flags


@pytest.mark.parametrize("size", [1, 63, 64, 65, 200])
def test_bit_operations_set_clear_invert_and_find_bits(size: int) -> None:
    flags = AtomicFlags(size)
    last = size - 1
    assert flags.find_first_bit() == size

    assert flags.test_and_set_bit(last) is False
    assert flags.test_and_set_bit(last) is True
    assert flags.test_bit(last) is True
    assert flags.find_first_bit() == last
    assert flags.read() == 1 << last
    assert flags.test_and_change_bit(last) is True
    assert flags.test_and_clear_bit(last) is False
    flags.change_bit(last)
    assert flags.weight() == 1
    flags.clear_bit(last)
    assert flags.read() == 0
    for nr in range(size):
        assert flags.find_first_zero_bit() == nr
        flags.set_bit(nr)
    assert flags.find_first_zero_bit() == size
    assert flags.weight() == size


@pytest.mark.parametrize("nr", [-1, 10, 64])
def test_a_bit_number_out_of_range_is_an_index_error(nr: int) -> None:
    flags = AtomicFlags(10)
    for operation in (flags.test_bit, flags.set_bit, flags.clear_bit, flags.test_and_change_bit):
        with pytest.raises(IndexError):
            operation(nr)
    with pytest.raises(ValueError, match="at least one bit"):
        AtomicFlags(0)


def test_a_bit_serves_as_a_lock() -> None:
    flags, inside, most = AtomicFlags(), Atomic(), Atomic()

    def work(_: int) -> None:
        for _ in range(200):
            while flags.test_and_set_bit_lock(7):
                pass
            most.or_(inside.inc_return())
            inside.dec()
            flags.clear_bit_unlock(7)

    run_threads(3, work)

    assert most.read() == 1


# Barriers


@pytest.mark.parametrize("cell", [Atomic(1), AtomicRef(1), RCUPointer(1)], ids=lambda cell: type(cell).__name__)
def test_ordered_accesses_read_and_write_the_cell(cell: Any) -> None:
    assert barrier.READ_ONCE(cell) == 1
    barrier.WRITE_ONCE(cell, 2)
    assert barrier.smp_load_acquire(cell) == 2
    barrier.smp_store_release(cell, 3)
    assert barrier.smp_load_acquire(cell) == 3
    barrier.smp_store_mb(cell, 4)
    assert barrier.READ_ONCE(cell) == 4


def test_fences_return_nothing() -> None:
    for fence in (barrier.smp_mb, barrier.smp_rmb, barrier.smp_wmb, barrier.smp_mb__after_atomic):
        assert fence() is None


@pytest.mark.parametrize("full", [barrier.smp_mb, lambda: Atomic().fetch_add(1)])
def test_a_full_barrier_forbids_that_both_threads_miss_a_store(full: Callable[[], object]) -> None:
    # The barriers forbid that both threads miss the other's store: see "store buffering" in primitives.litmus.
    x, y, go = Atomic(), Atomic(), Atomic()
    seen = [[0, 0] for _ in range(100)]

    def work(me: int) -> None:
        mine, other = (x, y) if me else (y, x)
        for number in range(1, len(seen) + 1):
            go.inc()
            while go.read() < 2 * number:
                pass
            mine.set(number)
            full()
            seen[number - 1][me] = other.read()

    run_threads(2, work)

    assert all(max(pair) >= number for number, pair in enumerate(seen, 1))
