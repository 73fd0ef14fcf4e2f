"""Work items and work queues: what is reported, before it hangs, and what must stay silent."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

import lockdep
from lockdep import runtime
from primitives.mutex import Mutex
from primitives.spinlock import SpinLock
from primitives.work import Work
from primitives.workqueue import WQ_LEGACY, WQ_MEM_RECLAIM, WorkQueue, schedule_work
from tests.primitives.contract import Cast, until
from tests.primitives.test_timer import Gate
from tests.primitives.test_workqueue import titles, waits_for
from tests.worlds import found, nest

pytestmark = pytest.mark.scenes


def locking(lock: Any) -> Work:
    """Return an item that has taken a lock."""
    work = Work(lambda _: nest(lock), "item")
    schedule_work(work)
    work.flush()
    return work


WAITS = {"flush": Work.flush, "cancel_sync": Work.cancel_sync, "disable_sync": Work.disable_sync}


@pytest.mark.parametrize("wait", WAITS)
def test_a_wait_under_a_lock_that_the_item_takes_is_reported(wait: str) -> None:
    mutex = Mutex("mutex")
    work = locking(mutex)

    with mutex:
        WAITS[wait](work)

    assert found() == ["circular"]
    assert "sync(item)" in str(runtime.findings()[0])


@pytest.mark.parametrize("wait", WAITS)
def test_a_wait_after_that_lock_or_under_another_one_is_fine(wait: str) -> None:
    mutex, other = Mutex("mutex"), Mutex("other")
    work = locking(mutex)
    with mutex:
        work.cancel()
    WAITS[wait](work)
    with other:
        WAITS[wait](work)

    assert found() == []


def test_the_deadlock_is_reported_before_it_happens(actor: Cast) -> None:
    mutex, queue, waiter = Mutex("mutex"), WorkQueue("queue"), actor()
    entered, go = threading.Event(), threading.Event()

    def take(_: Work) -> None:
        entered.set()
        go.wait(30)
        if mutex.trylock():
            mutex.unlock()
        lockdep.might_lock(mutex)

    work = Work(take)
    with mutex:
        work.flush()  # nothing to wait for: the order is seen all the same
    queue.queue(work)
    assert entered.wait(30)
    waiter.begin(work.flush)
    until(lambda: waits_for(work))
    assert found() == []

    go.set()

    waiter.result()
    until(found)
    assert found() == ["circular"]


@pytest.mark.parametrize("wait", [WorkQueue.flush, WorkQueue.drain, WorkQueue.destroy])
def test_a_wait_for_a_queue_under_a_lock_that_an_item_takes_is_reported(wait: Any) -> None:
    mutex, queue = Mutex("mutex"), WorkQueue("queue")
    queue.queue(Work(lambda _: nest(mutex)))
    queue.flush()
    assert found() == []

    with mutex:
        wait(queue)

    assert found() == ["circular"]


@pytest.mark.parametrize("ordered", [True, False])
def test_waiting_for_an_item_of_an_ordered_queue_waits_for_those_before_it(actor: Cast, ordered: bool) -> None:
    mutex, gate, waiter, queue = Mutex("mutex"), Gate(), actor(), WorkQueue("queue", ordered=ordered)
    queue.queue(Work(lambda _: nest(mutex)))
    queue.flush()
    work = Work(gate)
    queue.queue(work)
    gate.await_entry()

    def wait() -> None:
        with mutex:
            work.flush()

    waiter.begin(wait)
    until(lambda: waits_for(work))
    gate.leave.set()
    waiter.result()

    assert found() == ["circular"] * ordered


def test_two_items_that_flush_each_other_are_reported() -> None:
    first, second = Work(lambda _: second.flush()), Work(lambda _: None)
    schedule_work(first)
    first.flush()
    assert found() == []
    second.init(lambda _: first.flush())
    schedule_work(second)
    second.flush()

    assert found() == ["circular"]


def test_a_parent_that_flushes_children_made_on_one_line_is_fine() -> None:
    items = [Work(lambda _: None) for _ in range(3)]

    def flush_all(_: Work) -> None:
        for item in items[1:]:
            schedule_work(item)
            item.flush()

    items[0].init(flush_all)
    schedule_work(items[0])
    items[0].flush()

    assert found() == []


def raising(action: Any) -> list[BaseException]:
    """Run an action in an item of a queue of its own that runs one at a time, and return the DeadlockErrors."""
    raised = list[BaseException]()
    queue = WorkQueue("own", ordered=True)

    def run(work: Work) -> None:
        try:
            action(queue, work)
        except lockdep.DeadlockError as error:
            raised.append(error)

    queue.queue(Work(run))
    queue.flush()
    return raised


SELF = {
    "flush_work() called by its own function": lambda _, work: work.flush(),
    "cancel_work_sync() called by its own function": lambda _, work: work.cancel_sync(),
    "flush_workqueue() called by an item of the queue": lambda queue, _: queue.flush(),
    "drain_workqueue() called by an item of the queue": lambda queue, _: queue.drain(),
    "destroy_workqueue() called by an item of the queue": lambda queue, _: queue.destroy(),
}


@pytest.mark.parametrize("title", SELF)
def test_an_item_that_waits_for_itself_raises(title: str) -> None:
    assert len(raising(SELF[title])) == 1
    assert titles() == [title]


def test_so_does_one_that_flushes_another_item_of_its_ordered_queue() -> None:
    other = Work(lambda _: None)

    def flush(queue: WorkQueue, _: Work) -> None:
        queue.queue(other)
        other.flush()

    assert len(raising(flush)) == 1
    assert titles() == ["flush_work() called by an item of the same queue, which runs one at a time"]
    other.flush()
    assert other.statistics().runs == 1


def test_an_item_may_flush_others_on_other_queues_or_in_parallel() -> None:
    other, queue, parallel = Work(lambda _: None), WorkQueue("other"), WorkQueue("parallel")

    def flush(_: WorkQueue, work: Work) -> None:
        queue.queue(other)
        other.flush()
        queue.flush()
        assert work.busy()

    assert raising(flush) == []
    work = Work(lambda _: (parallel.queue(other), other.flush()))
    parallel.queue(work)
    parallel.flush()
    assert found() == []


@pytest.mark.parametrize("wait", ["flush", "cancel_sync", "destroy"])
def test_waiting_where_nothing_may_sleep_is_reported(wait: str) -> None:
    thing = WorkQueue("queue") if wait == "destroy" else Work(lambda _: None)
    with SpinLock("lock"):
        getattr(thing, wait)()

    assert found() == ["sleep"]


def test_an_item_that_keeps_a_lock_is_reported() -> None:
    mutex = Mutex("kept")
    work = Work(lambda _: mutex.lock())
    other = Work(lambda _: mutex.unlock())
    queue = WorkQueue("queue", ordered=True)
    queue.queue(work)
    queue.flush()

    assert found()[0] == "misuse"
    assert "returned with a lock held" in titles()[0]
    queue.queue(other)
    queue.flush()
    assert found().count("misuse") == 2  # the second one has released what was held before


def test_an_exception_goes_to_the_hook_and_the_next_item_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = list[Any]()
    monkeypatch.setattr(threading, "excepthook", seen.append)
    queue = WorkQueue("queue", ordered=True)

    def leave(_: Work) -> None:
        raise SystemExit

    last = Work(lambda _: None)
    queue.queue(Work(leave))
    queue.queue(last)
    queue.flush()

    assert [one.exc_type for one in seen] == [SystemExit]
    assert last.statistics().runs == 1
    assert found() == []


def test_a_queue_needs_a_number_of_items() -> None:
    with pytest.raises(ValueError, match="no items"):
        WorkQueue("queue", -1)
    assert WorkQueue("queue", 1).max_active == 1
    assert WorkQueue("queue").max_active == 256


FLAGS = {"none": 0, "reclaim": WQ_MEM_RECLAIM, "legacy": WQ_LEGACY}
FLUSHES: dict[str, Callable[[WorkQueue, Work], object]] = {
    "queue": lambda queue, _: queue.flush(),
    "item": lambda _, item: item.flush(),
    "drain": lambda queue, _: queue.drain(),
}


@pytest.mark.parametrize("flush", FLUSHES)
@pytest.mark.parametrize("flags", FLAGS)
@pytest.mark.parametrize("others", FLAGS)
def test_an_item_that_must_get_on_without_memory_flushes_only_what_must_too(
    flush: str, flags: str, others: str
) -> None:
    """Kernel: check_flush_dependency, and the exemption of create_workqueue()."""
    queue, other = WorkQueue("ours", flags=FLAGS[flags]), WorkQueue("theirs", flags=FLAGS[others])
    go = threading.Event()
    theirs = Work(lambda _: go.wait(30), "theirs")

    def reclaim(_: Work) -> None:
        other.queue(theirs)
        FLUSHES[flush](other, theirs)

    ours = Work(reclaim, "ours")
    queue.queue(ours)
    if flush == "item":
        until(lambda: waits_for(theirs))
    go.set()
    ours.flush()
    other.flush()  # everybody else may

    expected = "workqueue: WQ_MEM_RECLAIM ours is flushing !WQ_MEM_RECLAIM theirs"
    assert titles() == ([expected] if (flags, others) == ("reclaim", "none") else [])


def test_an_item_that_must_get_on_without_memory_may_cancel_others() -> None:
    queue, other, done = WorkQueue("ours", flags=WQ_MEM_RECLAIM), WorkQueue("theirs"), Work(name="theirs")
    ours = Work(lambda _: done.cancel_sync())
    other.queue(done)

    queue.queue(ours)
    ours.flush()

    assert found() == []
