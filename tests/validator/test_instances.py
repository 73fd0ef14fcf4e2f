"""Locks of one class, judged by instances: nested in each other, and as the ends of a cycle of classes."""

import gc
from collections.abc import Iterator
from itertools import pairwise, permutations

import pytest

import lockdep
from lockdep import runtime
from lockdep.fastpath import thread_state
from lockdep.validator.validator import Validator
from tests.worlds import Lock, RLock, alike, describe, five, found, in_thread, nest, world


@pytest.fixture(autouse=True)
def validator() -> Iterator[Validator]:
    with world() as validator:
        yield validator
        assert validator.failures == 0, validator.book.failure


# -- nested in each other


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)], ids=str)
@pytest.mark.parametrize("kind", [Lock, RLock])
def test_one_order_of_all_instances_is_silent(order: tuple[int, ...], kind: type) -> None:
    locks = alike(4, kind)
    for prev, next_ in pairwise(order):
        nest(locks[prev], locks[next_])
        nest(locks[prev], locks[next_])
    nest(*(locks[number] for number in order))
    nest(locks[order[0]], locks[order[-1]])

    assert found() == []


@pytest.mark.parametrize("kind", [Lock, RLock])
def test_nothing_is_held_after_any_order_of_releases(kind: type) -> None:
    locks = alike(3, kind)

    def use() -> None:
        for released in 2 * list(permutations(locks)):
            for lock in locks:
                lock.acquire()
            for lock in released:
                lock.release()
            assert thread_state().held() == []

    use()
    in_thread(use)
    assert found() == []
    nest(locks[1], locks[0])
    assert found() == ["circular"]


@pytest.mark.parametrize("kind", [Lock, RLock])
def test_both_orders_of_a_pair_are_reported(kind: type) -> None:
    a, b = alike(2, kind)
    nest(a, b)
    assert found() == []
    nest(b, a)

    assert found() == ["circular"]
    assert len(runtime.findings()[0].classes) == 1


def test_both_orders_of_a_pair_in_two_threads_are_reported() -> None:
    a, b = alike(2)
    in_thread(lambda: nest(a, b))
    in_thread(lambda: nest(b, a))

    assert found() == ["circular"]


def test_both_orders_of_different_pairs_are_silent() -> None:
    a, b, c, d = alike(4)
    nest(a, b)
    nest(d, c)

    assert found() == []


@pytest.mark.parametrize("size", [3, 6])
def test_a_ring_of_instances_is_reported(size: int) -> None:
    locks = alike(size)
    for prev, next_ in pairwise(locks):
        nest(prev, next_)
    assert found() == []
    nest(locks[-1], locks[0])

    assert found() == ["circular"]
    assert len(runtime.findings()[0].violation.ring) == size


def test_a_ring_through_a_nest_of_three_is_reported() -> None:
    a, b, c = alike(3)
    nest(a, b, c)
    nest(c, a)

    assert found() == ["circular"]


def test_both_orders_are_reported_with_another_class_between() -> None:
    a, b = alike(2)
    between = Lock()
    nest(a, between, b)  # one class before and after another: the instances differ
    assert found() == ["circular?"]
    nest(b, a)

    assert "circular" in found()


def test_both_orders_by_trylock_are_silent() -> None:
    a, b = alike(2)
    nest(a, b)
    with b:
        assert a.acquire(False)
        a.release()

    assert found() == []


def test_both_orders_with_a_timeout_are_a_stall() -> None:
    a, b = alike(2)
    nest(a, b)
    with b:
        assert a.acquire(timeout=1)
        a.release()

    assert found() == ["circular?"]


def test_an_untimed_order_after_a_timed_one_is_an_error() -> None:
    a, b = alike(2)
    nest(a, b)
    with b:
        assert a.acquire(timeout=1)
        a.release()
    nest(b, a)

    assert found() == ["circular"]


def test_an_untimed_order_is_an_error_if_the_first_one_was_timed() -> None:
    a, b = alike(2)
    with a:
        assert b.acquire(timeout=1)
        b.release()
    nest(b, a)
    assert found() == ["circular?"]
    nest(a, b)

    assert found() == ["circular"]


def test_a_known_pair_makes_no_second_finding() -> None:
    a, b = alike(2)
    for _ in range(3):
        nest(a, b)
        nest(b, a)

    assert found() == ["circular"]


def test_a_full_table_of_pairs_is_reported_and_forgets_nothing() -> None:
    with world(max_pairs=2):
        a, b, c, d = alike(4)
        nest(a, b)
        nest(b, c)
        nest(c, d)  # no longer learned
        assert "max_pairs (2) reached" in runtime.summary()
        nest(d, c)
        assert found() == []
        nest(c, a)

        assert found() == ["circular"]


def test_a_table_of_pairs_with_room_is_not_reported() -> None:
    nest(*alike(3))

    assert "max_pairs" not in runtime.summary()


# -- as the ends of a cycle of classes


def test_a_cycle_of_different_instances_is_a_warning() -> None:
    a, b, *_ = five()
    c, d, *_ = five()
    nest(a, b)
    nest(d, c)

    assert found() == ["circular?"]
    assert runtime.findings()[0].grade == "unmatched"


def test_the_warning_becomes_an_error_when_the_same_instances_close_the_cycle() -> None:
    told: list[str] = []
    undo = lockdep.on_finding(lambda finding: told.append(describe(finding)))
    a, b, *_ = five()
    c, d, *_ = five()
    nest(a, b)
    nest(d, c)
    nest(c, d)

    assert found() == ["circular"]
    assert told == ["circular?", "circular"]
    undo()


def test_the_warning_becomes_an_error_although_the_chains_are_known() -> None:
    a, b, *_ = five()
    c, d, *_ = five()
    e, f, *_ = five()
    for _ in range(2):
        nest(a, b)
        nest(d, c)
        nest(e, f)
    assert found() == ["circular?"]
    nest(f, e)

    assert found() == ["circular"]


def test_the_warning_stays_a_warning_while_pairs_keep_their_orders() -> None:
    a, b, *_ = five()
    c, d, *_ = five()
    for _ in range(3):
        nest(a, b)
        nest(d, c)

    assert found() == ["circular?"]


def test_the_warning_becomes_an_error_beyond_the_bound_of_witnesses() -> None:
    """Ten pairs in one order, ten in the other, and the last of them in both: more than the four that are kept."""
    pairs = [five()[:2] for _ in range(20)]
    for a, b in pairs[:10]:
        nest(a, b)
    for a, b in pairs[10:]:
        nest(b, a)
    assert found() == ["circular?"]
    a, b = pairs[19]
    nest(a, b)

    assert found() == ["circular"]


def test_a_cycle_of_instances_that_never_lived_together_is_an_error() -> None:
    def use(forwards: bool) -> None:
        a, b, *_ = five()
        nest(*((a, b) if forwards else (b, a)))

    use(True)
    gc.collect()
    use(False)

    assert found() == ["circular"]
    assert "made anew" in runtime.findings()[0].reason


def test_a_cycle_of_instances_that_lived_together_is_a_warning() -> None:
    kept = []

    def use(forwards: bool) -> None:
        a, b, *_ = locks = five()
        kept.append(locks)
        nest(*((a, b) if forwards else (b, a)))

    use(True)
    use(False)

    assert found() == ["circular?"]


def test_a_cycle_of_three_is_a_warning_if_the_instances_of_one_class_differ() -> None:
    a, b, c, *_ = five()
    other = five()[2]
    nest(a, b)
    nest(b, c)
    nest(other, a)
    assert found() == ["circular?"]
    nest(c, a)

    assert found() == ["circular"]


def test_a_ring_of_living_instances_is_found_among_many_dead_ones() -> None:
    with world():
        first, second = alike(2)
        nest(first, second)
        for _ in range(500):
            nest(*alike(2))
        assert found() == []
        nest(second, first)
        assert found() == ["circular"]


def test_pairs_of_dead_instances_do_not_use_up_the_bound() -> None:
    with world(max_pairs=100):
        for _ in range(500):
            nest(*alike(2))
        assert "max_pairs" not in runtime.summary()


def test_pairs_of_living_instances_use_up_the_bound() -> None:
    with world(max_pairs=100):
        locks = alike(200)
        for pair in pairwise(locks):
            nest(*pair)
        assert "max_pairs (100) reached" in runtime.summary()
