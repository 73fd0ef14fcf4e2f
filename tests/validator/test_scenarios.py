"""Lock order scenarios. One thread proves each order, so nothing can hang; each has a twin that stays silent."""

import itertools
from collections.abc import Iterator

import pytest

import lockdep
from lockdep import runtime
from lockdep.threading import Condition
from lockdep.validator.validator import Validator
from tests.worlds import Lock, RLock, alike, describe, five, found, in_thread, nest, world

KINDS = [Lock, RLock]


@pytest.fixture(autouse=True)
def validator() -> Iterator[Validator]:
    with world() as validator:
        yield validator
        validator.check_invariants()
        assert validator.failures == 0, validator.book.failure


# -- a lock and itself


@pytest.mark.parametrize("how", ["with", "acquire"])
def test_AA_is_reported(how: str) -> None:
    with world(raise_on_deadlock=True):
        (a,) = alike(1)
        with a:
            with pytest.raises(lockdep.DeadlockError, match="possible recursive locking detected") as caught:
                a.__enter__() if how == "with" else a.acquire()
            assert a.locked()
        assert not a.locked()

        assert found() == ["recursive"]
        assert caught.value.finding is runtime.findings()[0]
        assert caught.value.finding.grade == "certain"


def test_AA_by_trylock_is_silent() -> None:
    (a,) = alike(1)
    with a:
        assert not a.acquire(False)
        assert not a.acquire(timeout=0)

    assert found() == []


def test_AA_with_a_timeout_is_a_stall() -> None:
    (a,) = alike(1)
    with a:
        assert not a.acquire(timeout=0.001)

    assert found() == ["recursive?"]
    assert runtime.findings()[0].grade == "stall"


def test_AA_is_counted() -> None:
    (a,) = alike(1)
    for _ in range(3):
        with a:
            a.acquire(timeout=0.001)

    assert [finding.count for finding in runtime.findings()] == [3]


def test_AA_is_reported_with_another_lock_taken_between() -> None:
    a, b, *_ = five()
    with a, b:
        a.acquire(timeout=0.001)

    assert found() == ["recursive?"]


def test_reentry_of_an_rlock_is_silent() -> None:
    a, b, *_ = five(RLock)
    with a, a, b, a:
        pass
    nest(a, b, b, a)

    assert found() == []


# -- orders of different locks


@pytest.mark.parametrize(("first", "second"), [*itertools.product(KINDS, KINDS)])
def test_ABBA_is_reported(first: type, second: type) -> None:
    a, b = first(), second()
    nest(a, b)
    assert found() == []
    nest(b, a)

    assert found() == ["circular"]


@pytest.mark.parametrize(("first", "second"), [*itertools.product(KINDS, KINDS)])
def test_ABAB_is_silent(first: type, second: type) -> None:
    a, b = first(), second()
    nest(a, b)
    nest(a)
    nest(b)
    nest(a, b)

    assert found() == []


@pytest.mark.parametrize("length", [3, 5])
def test_a_ring_is_reported(length: int) -> None:
    locks = five()[:length]
    for prev, next_ in itertools.pairwise(locks):
        nest(prev, next_)
    assert found() == []
    nest(locks[-1], locks[0])

    assert found() == ["circular"]
    assert len(runtime.findings()[0].classes) == length


def test_a_chain_that_does_not_close_is_silent() -> None:
    locks = five()
    for prev, next_ in itertools.pairwise(locks):
        nest(prev, next_)
    nest(locks[0], locks[-1])
    nest(*locks)

    assert found() == []


def test_the_shortest_cycle_is_reported() -> None:
    a, b, c, *_ = five()
    nest(a, b)
    nest(b, c)
    nest(a, c)
    nest(c, a)

    assert [len(finding.classes) for finding in runtime.findings()] == [2]


def test_orders_of_two_threads_close_a_cycle_together() -> None:
    a, b, *_ = five()
    in_thread(lambda: nest(a, b))
    in_thread(lambda: nest(b, a))

    assert found() == ["circular"]
    assert runtime.findings()[0].reason == "the same locks close the cycle, seen in 2 threads, with no lock in common"


def test_locks_never_held_together_have_no_order() -> None:
    a, b, *_ = five()
    for lock in (a, b, a, b, a):
        nest(lock)

    assert found() == []


def test_locks_may_be_released_in_any_order() -> None:
    a, b, c, *_ = five()
    a.acquire()
    assert b.acquire(False)  # by trylock, else a would lead to c through b
    a.release()
    nest(c)
    b.release()
    nest(c, a)

    assert found() == []

    nest(c, b)

    assert found() == ["circular"]


def test_a_deep_nest_is_validated() -> None:
    locks = [Lock(name=str(number)) for number in range(100)]
    nest(*locks)
    nest(*locks)
    assert found() == []
    nest(locks[99], locks[0])

    assert found() == ["circular"]
    assert len(runtime.findings()[0].classes) == 100


# -- trylocks


def test_a_trylock_under_a_lock_makes_no_dependency() -> None:
    a, b, *_ = five()
    with a:
        assert b.acquire(False)
        b.release()
    nest(b, a)

    assert found() == []


def test_a_lock_under_a_trylock_makes_a_dependency() -> None:
    a, b, *_ = five()
    assert a.acquire(False)
    nest(b)
    a.release()
    assert found() == []
    nest(b, a)

    assert found() == ["circular"]


def test_a_lock_under_a_trylock_depends_on_the_locks_below_too() -> None:
    a, b, c, *_ = five()
    with a:
        assert b.acquire(False)
        nest(c)
        b.release()
    nest(c, a)

    assert found() == ["circular"]


def test_a_trylock_that_failed_is_not_held() -> None:
    a, b, *_ = five()
    with b:
        in_thread(lambda: b.acquire(False) and b.release())
    with a:
        assert b.acquire(False)
        assert not b.acquire(False)
        b.release()
    nest(b, a)

    assert found() == []


def test_a_plain_acquisition_after_a_trylock_is_validated() -> None:
    a, b, *_ = five()
    with a:
        assert b.acquire(False)
        b.release()
        nest(b)
    nest(b, a)

    assert found() == ["circular"]


# -- timeouts


def test_a_timed_wait_is_a_stall_until_an_untimed_one_is_seen() -> None:
    told: list[str] = []
    undo = lockdep.on_finding(lambda finding: told.append(describe(finding)))
    a, b, *_ = five()
    with a:
        assert b.acquire(timeout=1)
        b.release()
    nest(b, a)
    assert found() == ["circular?"]
    assert runtime.findings()[0].grade == "stall"

    nest(a, b)

    assert found() == ["circular"]
    assert runtime.findings()[0].grade == "potential"
    assert told == ["circular?", "circular"]
    undo()


def test_a_timed_wait_that_closes_the_cycle_is_a_stall() -> None:
    a, b, *_ = five()
    nest(a, b)
    with b:
        assert a.acquire(timeout=1)
        a.release()

    assert found() == ["circular?"]


def test_an_untimed_cycle_is_preferred_to_a_shorter_timed_one() -> None:
    a, b, c, *_ = five()
    with a:
        assert b.acquire(timeout=1)
        b.release()
    nest(a, c)
    nest(c, b)
    nest(b, a)

    assert found() == ["circular"]
    assert len(runtime.findings()[0].classes) == 3


def test_timed_waits_in_one_order_are_silent() -> None:
    a, b, *_ = five()
    for _ in range(2):
        with a:
            assert b.acquire(timeout=1)
            b.release()

    assert found() == []


# -- conditions


@pytest.mark.parametrize("kind", KINDS)
def test_a_wait_that_takes_its_lock_again_under_another_is_reported(kind: type) -> None:
    b, c = Lock(), Condition(kind())
    with c:
        with b:
            c.wait(0)  # releases c, and takes it again while b is held

    assert found() == ["circular"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_wait_under_an_outer_lock_is_silent(kind: type) -> None:
    b, c = Lock(), Condition(kind())
    with b, c:
        c.wait(0)
        c.notify_all()

    assert found() == []


def test_a_wait_releases_all_levels_of_an_rlock() -> None:
    a, b = RLock(), Lock()
    c = Condition(a)
    with a, a, a:
        in_thread(lambda: None)
        c.wait(0)
        assert a._recursion_count() == 3
        nest(b)
    nest(b)
    nest(a, b)

    assert found() == []
