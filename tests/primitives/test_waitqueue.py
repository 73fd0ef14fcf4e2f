"""Wait queues: who is woken, that no wake-up is lost, and what is reported."""

from __future__ import annotations

import signal
import threading
from typing import Any

import pytest

import lockdep
from lockdep import fastpath, runtime
from lockdep.fastpath import BUILD
from primitives.irq import free_irq, raise_irq, request_irq
from primitives.mutex import Mutex
from primitives.spinlock import SpinLock
from primitives.waitqueue import WaitQueueHead
from tests.primitives.contract import Actor, Cast, until
from tests.worlds import found

pytestmark = pytest.mark.scenes


class Flag:
    """A condition that the test sets."""

    def __init__(self) -> None:
        self.set = False

    def __call__(self) -> bool:
        return self.set


def sleeping(queue: WaitQueueHead, count: int = 1) -> None:
    """Wait until so many threads sleep in a queue."""
    until(lambda: queue.statistics().waiting == count)
    until(lambda: sum(getattr(wait.aim, "condition", None) is queue for wait in fastpath.waits()) == count)


def begin(waiter: Actor, queue: WaitQueueHead, condition: Any, way: str = "wait_event") -> None:
    waiter.begin(getattr(queue, way), condition)


def test_a_condition_that_holds_is_not_waited_for() -> None:
    queue = WaitQueueHead("queue")
    queue.wait_event(lambda: True)

    assert queue.wait_event_timeout(lambda: True, 0)
    assert found() == []


def test_a_wake_up_ends_the_wait_only_if_the_condition_holds(actor: Cast) -> None:
    queue, flag, waiter = WaitQueueHead("queue"), Flag(), actor()
    begin(waiter, queue, flag)
    sleeping(queue)
    queue.wake_up()
    until(lambda: queue.statistics().wakeups == 1)
    sleeping(queue)

    flag.set = True
    queue.wake_up()

    waiter.result()
    assert not queue.active()
    assert found() == []


def test_wake_up_wakes_all_but_one_of_those_that_wait_exclusively(actor: Cast) -> None:
    queue, flag = WaitQueueHead("queue"), Flag()
    shared, exclusive = [actor() for _ in range(2)], [actor() for _ in range(3)]
    for number, waiter in enumerate((*exclusive, *shared), 1):
        begin(waiter, queue, flag, "wait_event_exclusive" if waiter in exclusive else "wait_event")
        sleeping(queue, number)
    flag.set = True

    queue.wake_up()

    for waiter in (*shared, exclusive[0]):
        waiter.result()
    assert queue.statistics().waiting == 2
    queue.wake_up(1)
    exclusive[1].result()
    queue.wake_up_all()
    exclusive[2].result()
    assert queue.statistics().wakeups == 5
    assert found() == []


def test_an_exclusive_wake_up_that_comes_with_the_end_of_the_time_goes_to_the_next(actor: Cast) -> None:
    queue, flag, other = WaitQueueHead("queue"), Flag(), actor()
    calls = list[None]()

    def late() -> bool:
        """Be woken in the middle of the last look, and say no."""
        calls.append(None)
        if len(calls) == 2:
            begin(other, queue, flag, "wait_event_exclusive")
            until(lambda: queue.statistics().waiting == 2)
            flag.set = True
            queue.wake_up()
        return False

    assert not queue._wait(late, 0, exclusive=True)

    other.result()
    assert found() == []


def test_a_wait_with_a_timeout_ends(actor: Cast) -> None:
    queue = WaitQueueHead("queue")

    assert not queue.wait_event_timeout(lambda: False, 0.002)
    assert not queue.wait_event_interruptible_timeout(lambda: False, -1)

    assert not queue.active()
    flag, waiter = Flag(), actor()
    waiter.begin(queue.wait_event_timeout, flag, 60)
    sleeping(queue)
    flag.set = True
    queue.wake_up_all()
    assert waiter.result() is True
    assert found() == []


def test_no_wake_up_is_lost_between_the_look_and_the_sleep() -> None:
    queue, items, got, count = WaitQueueHead("queue"), list[int](), list[int](), 2000

    def consume() -> None:
        while len(got) < count:
            queue.wait_event(lambda: items)
            got.append(items.pop(0))

    consumer = threading.Thread(target=consume, daemon=True)
    consumer.start()
    for number in range(count):
        items.append(number)
        queue.wake_up()
        if number % 7 == 0:
            until(lambda: not items)
    consumer.join(60)

    assert got == list(range(count))
    assert found() == []


def test_any_context_may_wake(actor: Cast) -> None:
    queue, flag, waiter = WaitQueueHead("queue"), Flag(), actor()
    begin(waiter, queue, flag)
    sleeping(queue)

    def handler(_: int) -> None:
        flag.set = True
        queue.wake_up()

    request_irq(330, handler)
    with SpinLock("lock"):
        raise_irq(330)
    free_irq(330)

    waiter.result()
    assert found() == []


class Stop(Exception):
    pass


def stop(*_: object) -> None:
    raise Stop


def test_an_exception_of_a_signal_handler_ends_the_wait() -> None:
    queue = WaitQueueHead("queue")
    before = signal.signal(signal.SIGUSR1, stop)
    main = threading.main_thread().ident
    assert main is not None
    sender = threading.Thread(target=lambda: (sleeping(queue), signal.pthread_kill(main, signal.SIGUSR1)))
    sender.start()
    try:
        with pytest.raises(Stop):
            queue.wait_event(lambda: False)
    finally:
        sender.join()
        signal.signal(signal.SIGUSR1, before)

    assert not queue.active()


@pytest.mark.skipif(BUILD == "pure", reason="the pure build cannot notice that a handler has run")
def test_a_signal_ends_an_interruptible_wait() -> None:
    queue, over = WaitQueueHead("queue"), threading.Event()
    before = signal.signal(signal.SIGUSR1, lambda *_: None)
    main = threading.main_thread().ident
    assert main is not None

    def send() -> None:
        sleeping(queue)
        while not over.wait(0.001):
            signal.pthread_kill(main, signal.SIGUSR1)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        with pytest.raises(InterruptedError):
            queue.wait_event_interruptible(lambda: False)
    finally:
        over.set()
        sender.join()
        signal.signal(signal.SIGUSR1, before)

    assert not queue.active()


# -- what is reported


def waking(actor: Cast, mutex: Any, queue: WaitQueueHead, flag: Flag) -> None:
    """Let a thread set the condition and wake, under a lock if there is one."""

    def wake() -> None:
        flag.set = True
        queue.wake_up()

    def locked() -> None:
        with mutex:
            wake()

    actor().do(wake if mutex is None else locked)


def waiting(actor: Cast, mutex: Mutex, queue: WaitQueueHead, condition: Any) -> Actor:
    """Return a thread that waits under a lock."""

    def wait() -> None:
        with mutex:
            queue.wait_event(condition)

    waiter = actor()
    waiter.begin(wait)
    return waiter


def test_a_wait_under_a_lock_that_the_waker_holds_is_reported(actor: Cast) -> None:
    mutex, queue, flag = Mutex("mutex"), WaitQueueHead("queue"), Flag()
    waking(actor, mutex, queue, flag)
    flag.set = False
    waiter = waiting(actor, mutex, queue, flag)

    until(runtime.findings)

    assert "waiting for a signal that needs a held lock" in runtime.findings()[0].title
    assert "queue" in str(runtime.findings()[0])
    waking(actor, None, queue, flag)
    waiter.result()


def test_a_wait_under_another_lock_is_fine(actor: Cast) -> None:
    mutex, queue, flag = Mutex("mutex"), WaitQueueHead("queue"), Flag()
    waking(actor, Mutex("another"), queue, flag)
    flag.set = False
    waiter = waiting(actor, mutex, queue, flag)
    sleeping(queue)
    waking(actor, None, queue, flag)
    waiter.result()

    assert found() == []


def test_so_is_a_wait_that_others_end_without_the_lock(actor: Cast) -> None:
    mutex, queue, flag = Mutex("mutex"), WaitQueueHead("queue"), Flag()
    waking(actor, None, queue, flag)
    waking(actor, mutex, queue, flag)
    flag.set = False
    waiter = waiting(actor, mutex, queue, flag)
    sleeping(queue)
    waking(actor, None, queue, flag)
    waiter.result()

    assert found() == []


def test_a_wait_where_nothing_may_sleep_is_reported_even_if_it_need_not_wait() -> None:
    queue = WaitQueueHead("queue")
    with SpinLock("lock"):
        queue.wait_event(lambda: True)

    assert found() == ["sleep"]


def test_the_picture_names_the_queue(actor: Cast) -> None:
    queue, flag, waiter = WaitQueueHead("the queue"), Flag(), actor()
    begin(waiter, queue, flag)
    sleeping(queue)

    text = str(lockdep.waiting())

    flag.set = True
    queue.wake_up()
    waiter.result()
    assert "a condition [the queue]" in text
