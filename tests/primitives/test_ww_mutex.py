"""Wound/wait mutexes: which context backs off, what is reported, and that no thread is left waiting."""

import random
import sys
from errno import EALREADY, EDEADLK

import pytest

import lockdep
from lockdep import runtime
from primitives import AcquireContext, SpinLock, WWClass, WWMutex
from tests.primitives.contract import Actor, Cast, until
from tests.worlds import found

WOUND, DIE = WWClass("wound"), WWClass("die", wait_die=True)
BOTH = pytest.mark.parametrize("family", [WOUND, DIE], ids=["wound-wait", "wait-die"])


def titles() -> list[str]:
    return [finding.title for finding in runtime.findings()]


def mutexes(family: WWClass, count: int) -> list[WWMutex]:
    return [WWMutex(family) for _ in range(count)]


class Transaction:
    """An actor with a context that is older than the contexts of transactions made later."""

    def __init__(self, actor: Actor, family: WWClass) -> None:
        self.actor = actor
        self.context = AcquireContext(family)
        actor.do(self.context.init)

    def lock(self, mutex: WWMutex) -> int:
        return int(self.actor.do(mutex.lock, self.context))

    def begin(self, mutex: WWMutex) -> None:
        """Start locking a mutex that has to be waited for."""
        before = mutex.statistics().waiting
        self.actor.begin(mutex.lock, self.context)
        until(lambda: mutex.statistics().waiting == before + 1)

    def end(self, *held: WWMutex) -> None:
        for mutex in held:
            self.actor.do(mutex.unlock)
        self.actor.do(self.context.fini)


@BOTH
def test_mutexes_may_be_locked_in_any_order_under_one_context(family: WWClass) -> None:
    a, b = mutexes(family, 2)

    for first, second in ((a, b), (b, a)):
        with AcquireContext(family) as context:
            assert first.lock(context) == 0
            assert second.lock(context) == 0
            first.unlock()
            second.unlock()

    assert found() == []


@BOTH
def test_locking_a_mutex_again_under_its_context_is_ealready(family: WWClass) -> None:
    (a,) = mutexes(family, 1)

    with AcquireContext(family) as context:
        assert a.lock(context) == 0
        assert a.lock(context) == -EALREADY
        a.unlock()

    assert found() == []


@BOTH
def test_the_younger_context_backs_off_for_the_older_one(family: WWClass, actor: Cast) -> None:
    a, b = mutexes(family, 2)
    old, young = Transaction(actor(), family), Transaction(actor(), family)
    assert old.lock(a) == 0
    assert young.lock(b) == 0
    old.begin(b)

    assert young.lock(a) == -EDEADLK
    young.actor.do(b.unlock)
    assert old.actor.result() == 0
    old.end(a, b)

    assert young.actor.do(a.lock_slow, young.context) == 0
    assert young.lock(b) == 0
    young.end(a, b)
    assert found() == []


def test_a_waiting_younger_context_is_wounded(actor: Cast) -> None:
    a, b = mutexes(WOUND, 2)
    old, young = Transaction(actor(), WOUND), Transaction(actor(), WOUND)
    assert old.lock(a) == 0
    assert young.lock(b) == 0
    young.begin(a)  # younger, but no older context needs its mutexes

    old.begin(b)

    assert young.actor.result() == -EDEADLK
    young.end(b)
    assert old.actor.result() == 0
    old.end(a, b)
    assert found() == []


def test_a_wounded_context_that_need_not_wait_locks_on(actor: Cast) -> None:
    a, b = mutexes(WOUND, 2)
    old, young = Transaction(actor(), WOUND), Transaction(actor(), WOUND)
    assert young.lock(b) == 0
    old.begin(b)

    assert young.lock(a) == 0  # the mutex is free, so it need not wait

    young.end(a, b)
    assert old.actor.result() == 0
    old.end(b)
    assert found() == []


def test_a_wound_is_gone_when_all_mutexes_are_unlocked(actor: Cast) -> None:
    a, b = mutexes(WOUND, 2)
    old, young, other = Transaction(actor(), WOUND), Transaction(actor(), WOUND), actor()
    assert young.lock(b) == 0
    old.begin(b)
    young.actor.do(b.unlock)
    assert old.actor.result() == 0
    other.do(a.lock)

    young.begin(a)
    other.do(a.unlock)

    assert young.actor.result() == 0
    young.end(a)
    old.end(b)
    assert found() == []


def test_wait_die_makes_the_younger_context_back_off(actor: Cast) -> None:
    a, b = mutexes(DIE, 2)
    old, young = Transaction(actor(), DIE), Transaction(actor(), DIE)
    assert old.lock(a) == 0
    assert young.lock(b) == 0

    assert young.lock(a) == -EDEADLK

    young.end(b)
    old.end(a)
    assert found() == []


def test_a_younger_context_without_mutexes_waits(actor: Cast) -> None:
    (a,) = mutexes(DIE, 1)
    old, young = Transaction(actor(), DIE), Transaction(actor(), DIE)
    assert old.lock(a) == 0

    young.begin(a)
    old.end(a)

    assert young.actor.result() == 0
    young.end(a)
    assert found() == []


def test_a_waiter_backs_off_when_an_older_context_queues_before_it(actor: Cast) -> None:
    a, b = mutexes(DIE, 2)
    old, middle, young = (Transaction(actor(), DIE) for _ in range(3))
    assert young.lock(a) == 0
    assert middle.lock(b) == 0
    middle.begin(a)

    old.actor.begin(a.lock, old.context)

    assert middle.actor.result() == -EDEADLK
    middle.end(b)
    young.end(a)
    assert old.actor.result() == 0
    old.end(a)
    assert found() == []


def test_a_waiter_backs_off_behind_an_older_context(actor: Cast) -> None:
    a, b = mutexes(DIE, 2)
    old, middle, young = (Transaction(actor(), DIE) for _ in range(3))
    assert young.lock(a) == 0
    assert middle.lock(b) == 0
    old.begin(a)

    assert middle.lock(a) == -EDEADLK

    middle.end(b)
    young.end(a)
    assert old.actor.result() == 0
    old.end(a)
    assert found() == []


@BOTH
def test_the_oldest_waiting_context_is_served_first(family: WWClass, actor: Cast) -> None:
    (a,) = mutexes(family, 1)
    order = list[int]()
    waiters = [Transaction(actor(), family) for _ in range(3)]
    a.lock()

    def pass_through(number: int) -> None:
        assert a.lock(waiters[number].context) == 0
        order.append(number)
        a.unlock()

    for number in (2, 0, 1):
        before = a.statistics().waiting
        waiters[number].actor.begin(pass_through, number)
        until(lambda before=before: a.statistics().waiting == before + 1)
    a.unlock()
    for each in waiters:
        each.actor.result()
        each.end()

    assert order == [0, 1, 2]


@BOTH
def test_a_waiter_without_a_context_keeps_its_place(family: WWClass, actor: Cast) -> None:
    (a,) = mutexes(family, 1)
    order = list[str]()
    young, plain = Transaction(actor(), family), actor()
    a.lock()

    def pass_through(name: str, context: AcquireContext | None) -> None:
        assert a.lock(context) == 0
        order.append(name)
        a.unlock()

    plain.begin(pass_through, "plain", None)
    until(lambda: a.statistics().waiting == 1)
    young.actor.begin(pass_through, "young", young.context)
    until(lambda: a.statistics().waiting == 2)
    a.unlock()
    plain.result()
    young.actor.result()
    young.end()

    assert order == ["plain", "young"]


@BOTH
def test_lock_all_holds_all_mutexes_inside(family: WWClass) -> None:
    a, b = mutexes(family, 2)

    with family.lock_all(a, b, a) as context:
        assert a.ctx is context
        assert b.ctx is context
        assert context.acquired == 2

    assert not a.locked()
    assert not b.locked()
    assert found() == []


def test_lock_all_unlocks_after_an_exception() -> None:
    a, b = mutexes(WOUND, 2)

    with pytest.raises(KeyError), WOUND.lock_all(a, b):
        raise KeyError

    assert not a.locked()
    assert not b.locked()
    assert found() == []


@BOTH
def test_many_transactions_in_random_orders_all_end(family: WWClass, actor: Cast) -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)
    accounts, rounds, workers = mutexes(family, 4), 150, 4
    balance = [0] * len(accounts)

    def work(number: int) -> None:
        choose = random.Random(seed + number)
        for _ in range(rounds):
            chosen = choose.sample(range(len(accounts)), 3)
            with family.lock_all(*[accounts[at] for at in chosen]):
                before = [balance[at] for at in chosen]
                for at, value in zip(chosen, before, strict=True):
                    balance[at] = value + 1

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        actors = [actor() for _ in range(workers)]
        for number, each in enumerate(actors):
            each.begin(work, number)
        for each in actors:
            each.result()
    finally:
        sys.setswitchinterval(interval)

    assert sum(balance) == 3 * rounds * workers
    assert all(not mutex.locked() and mutex.statistics().waiting == 0 for mutex in accounts)
    assert found() == []


def test_a_second_context_of_a_thread_is_reported_as_recursion() -> None:
    with AcquireContext(WOUND), AcquireContext(WOUND):
        pass

    assert "recursive" in found()


def test_locking_without_the_context_is_reported_as_recursion() -> None:
    a, b = mutexes(WOUND, 2)

    with AcquireContext(WOUND) as context:
        a.lock(context)
        b.lock()
        b.unlock()
        a.unlock()

    assert found() == ["recursive"]


def test_a_trylock_without_the_context_is_fine() -> None:
    a, b = mutexes(WOUND, 2)

    with AcquireContext(WOUND) as context:
        a.lock(context)
        assert b.trylock()
        b.unlock()
        a.unlock()

    assert found() == []


def test_a_trylock_under_the_context_gives_it_the_mutex(actor: Cast) -> None:
    a, other = WWMutex(WOUND), actor()

    with AcquireContext(WOUND) as context:
        assert a.trylock(context)
        assert a.ctx is context
        assert other.do(a.trylock) is False
        a.unlock()
        assert context.acquired == 0

    assert found() == []


def test_a_ww_mutex_under_a_spinlock_is_reported() -> None:
    a, spinlock = WWMutex(WOUND), SpinLock("s")

    with spinlock, a:
        pass

    assert titles() == ["Invalid wait context"]


def test_the_base_mutex_leaves_the_context_as_it_is(actor: Cast) -> None:
    a, poison, other = WWMutex(WOUND), object(), actor()
    a.ctx = poison

    a.base.lock()
    assert other.do(a.base.trylock) is False
    assert other.do(a.base.lock_timeout, 0.005) is False
    a.base.unlock()

    assert a.ctx is poison
    with pytest.raises(RuntimeError):
        a.base.unlock()
    assert titles() == ["bad unlock balance detected!"]


def test_without_a_validator_locking_twice_is_still_refused() -> None:
    with lockdep.use(lockdep.Validator(lockdep.Options(enabled=False))):
        a = WWMutex(WOUND)
        with AcquireContext(WOUND) as context:
            assert a.lock(context) == 0
            assert a.lock(context) == -EALREADY
            with pytest.raises(RuntimeError, match="wait for ever"):
                a.lock()
            a.unlock()
