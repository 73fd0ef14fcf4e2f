"""Work items and work queues: what runs when and where, and what waiting waits for."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from lockdep import fastpath, runtime
from primitives.irq import free_irq, raise_irq, request_irq
from primitives.preempt import preempt_disabled
from primitives.spinlock import SpinLock
from primitives.work import DelayedWork, Work
from primitives.workqueue import (
    WorkQueue,
    flush_scheduled_work,
    schedule_delayed_work,
    schedule_work,
    system_wq,
)
from tests.primitives.contract import Cast, until
from tests.primitives.test_timer import LATER, Gate
from tests.worlds import found

pytestmark = pytest.mark.scenes


def waits_for(*things: Any) -> bool:
    """Return whether a thread waits for the end of a run of one of these."""
    return any(wait.aim in thing._unfinished for wait in fastpath.waits() for thing in things)


def titles() -> list[str]:
    return [finding.title for finding in runtime.findings()]


# -- running


def test_an_item_runs_once_in_a_thread_of_the_queue() -> None:
    log, queue = list[Any](), WorkQueue("queue")
    work = Work(lambda one: log.append((one, threading.current_thread().name)))

    assert queue.queue(work)

    assert work.flush() or log
    assert log == [(work, "queue worker")]
    assert work.statistics().runs == 1
    assert not work.busy()
    assert not work.flush()
    assert found() == []
    queue.destroy()


def test_an_item_that_is_pending_is_not_queued_again() -> None:
    gate, queue = Gate(), WorkQueue("queue", ordered=True)
    first, second = Work(gate), Work(lambda _: None)
    queue.queue(first)
    gate.await_entry()
    assert queue.queue(second)
    assert second.pending()

    assert not queue.queue(second)

    gate.leave.set()
    queue.flush()
    assert second.statistics().runs == 1
    assert found() == []


def test_an_item_that_runs_can_be_queued_again_and_runs_in_one_thread_at_a_time() -> None:
    gate, queue, other = Gate(), WorkQueue("queue"), WorkQueue("other")
    work = Work(gate)
    queue.queue(work)
    gate.await_entry()

    assert queue.queue(work)
    until(lambda: len(work._due) == 1)  # another thread has taken it, and has left it to the first one
    assert not other.queue(work)
    assert gate.calls == 1

    gate.leave.set()
    work.flush()
    queue.flush()
    assert gate.calls == 2
    assert found() == []


def test_an_ordered_queue_runs_its_items_in_order() -> None:
    log, queue = list[int](), WorkQueue("queue", ordered=True)
    items = [Work(lambda _, number=number: log.append(number)) for number in range(50)]

    for item in items:
        queue.queue(item)
    queue.flush()

    assert log == list(range(50))
    assert found() == []


def test_items_that_wait_for_each_other_run_at_once_and_no_more_than_allowed() -> None:
    queue, party = WorkQueue("queue", 3), threading.Barrier(3)
    inside, most = list[None](), list[int]()

    def meet(_: Work) -> None:
        inside.append(None)
        most.append(len(inside))
        party.wait(30)
        inside.pop()

    for item in [Work(meet) for _ in range(9)]:
        queue.queue(item)
    queue.flush()

    assert max(most) == 3
    assert len(most) == 9
    assert queue.statistics().waiting == 0
    assert found() == []


def test_any_context_may_queue_and_cancel() -> None:
    work, lock = Work(lambda _: None), SpinLock("lock")
    request_irq(320, lambda _: schedule_work(work))
    with lock.irqsave():
        schedule_work(work)
        work.cancel()
    raise_irq(320)
    free_irq(320)
    with preempt_disabled():
        schedule_delayed_work(DelayedWork(lambda _: None), 0)

    flush_scheduled_work()
    assert work.statistics().runs >= 1
    assert found() == []


# -- delayed items


def test_a_delayed_item_runs_after_its_time() -> None:
    done = threading.Event()
    work = DelayedWork(lambda _: done.set())

    assert schedule_delayed_work(work, 0.005)

    assert done.wait(30)
    system_wq.flush()
    assert found() == []


def test_a_delayed_item_can_be_hurried_up_put_off_and_cancelled() -> None:
    queue, work = WorkQueue("queue"), DelayedWork(lambda _: None)
    queue.queue_delayed(work, LATER)
    queue.flush()  # does not wait for a time that is not up
    assert not queue.queue_delayed(work, 0)
    assert (work.pending(), work.statistics().runs) == (True, 0)

    work.flush()  # the item may have run before anybody waits for it
    assert work.statistics().runs == 1

    assert not queue.mod_delayed(work, LATER)
    assert queue.mod_delayed(work, 0)
    work.flush()
    assert work.statistics().runs == 2

    queue.queue_delayed(work, LATER)
    assert work.cancel_sync()
    assert not work.pending()
    assert not work.flush()
    queue.destroy()
    assert found() == []


# -- cancelling


def test_an_item_that_was_cancelled_does_not_run() -> None:
    gate, queue = Gate(), WorkQueue("queue", ordered=True)
    first, second = Work(gate), Work(lambda _: None)
    queue.queue(first)
    gate.await_entry()
    queue.queue(second)

    assert second.cancel()
    assert not second.cancel()

    gate.leave.set()
    queue.flush()
    assert second.statistics().runs == 0
    queue.queue(second)
    queue.drain()
    assert second.statistics().runs == 1
    assert found() == []


def test_cancel_sync_waits_for_the_function_and_stops_one_that_queues_itself(actor: Cast) -> None:
    gate, canceller = Gate(), actor()

    def again(work: Work) -> None:
        gate(work)
        schedule_work(work)

    work = Work(again)
    schedule_work(work)
    gate.await_entry()
    canceller.begin(work.cancel_sync)
    until(lambda: waits_for(work))
    assert not schedule_work(work)

    gate.leave.set()

    canceller.result()
    assert (gate.calls, work.busy()) == (1, False)
    assert schedule_work(Work(lambda _: None))
    assert found() == []


def test_an_item_that_is_disabled_cannot_be_queued() -> None:
    work = Work(lambda _: None)

    assert not work.disable_sync()
    assert not work.disable()
    assert not schedule_work(work)
    assert not work.enable()
    assert not schedule_work(work)
    assert work.enable()

    assert schedule_work(work)
    work.flush()
    with pytest.raises(RuntimeError, match="unbalanced"):
        work.enable()
    assert found() == []


# -- flushing and draining


def test_flush_waits_for_what_was_queued_before_and_not_for_what_comes_later(actor: Cast) -> None:
    early, late, queue, waiter = Gate(), Gate(), WorkQueue("queue"), actor()
    first, second = Work(early), Work(late)
    queue.queue(first)
    early.await_entry()
    waiter.begin(queue.flush)
    until(lambda: waits_for(queue))
    queue.queue(second)
    late.await_entry()

    early.leave.set()

    waiter.result()
    assert second.busy()
    late.leave.set()
    second.flush()
    assert found() == []


def test_drain_waits_for_what_the_items_queue_and_refuses_everything_else(actor: Cast) -> None:
    gate, queue, waiter = Gate(), WorkQueue("queue"), actor()
    after, other = Work(lambda _: None), Work(lambda _: None)

    def chain(work: Work) -> None:
        gate(work)
        queue.queue(after)

    queue.queue(Work(chain))
    gate.await_entry()
    waiter.begin(queue.drain)
    until(lambda: waits_for(queue))
    assert found() == []

    assert not queue.queue(other)

    assert titles() == ["work queued on a queue that is drained or destroyed"]
    gate.leave.set()
    waiter.result()
    assert (after.statistics().runs, other.statistics().runs) == (1, 0)
    assert queue.queue(other)
    other.flush()


def test_a_queue_that_was_destroyed_takes_no_items_and_has_no_threads() -> None:
    queue, work = WorkQueue("queue"), Work(lambda _: None)
    queue.queue(work)

    queue.destroy()

    assert work.statistics().runs == 1
    until(lambda: queue.statistics().idle + queue.statistics().active == 0)
    assert found() == []
    assert not queue.queue(work)
    assert titles() == ["work queued on a queue that is drained or destroyed"]
