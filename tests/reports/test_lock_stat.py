"""Lock statistics: counts must be exact, times are compared with those that the test measures itself."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import lockdep
from lockdep import fastpath, lock_stat, trace
from lockdep.fastpath import BUILD, READ, DepMap, thread_state
from lockdep.reports.lock_stat import render_lock_stat
from lockdep.snapshots.lock_statistics import ClassStatistics, Durations
from lockdep.validator import points
from lockdep.wait_types import Traits
from tests.worlds import PLAIN, Lock, RLock, in_thread, program, world


class ReadWrite:
    """The type of lock that a DepMap belongs to."""

    traits = Traits()


@pytest.fixture(autouse=True)
def validator() -> Iterator[lockdep.Validator]:
    with world() as chosen:
        lock_stat.clear()
        yield chosen
        lock_stat.stop()
        lock_stat.clear()
        thread_state().settle()
    assert chosen.failures == 0, chosen.book.failure


def stat_of(name: str, *, read: bool = False) -> ClassStatistics:
    (found,) = [one for one in lock_stat.lock_stats() if (one.name, one.read) == (name, read)]
    return found


def sleeping_waiter(lock: Any, started: list[float], took: list[float]) -> threading.Thread:
    """Start a thread that waits for the lock, and appends when it began and how many seconds it waited."""

    def wait() -> None:
        begin = time.perf_counter()
        started.append(begin)
        with lock:
            took.append(time.perf_counter() - begin)

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def until(condition: Any) -> None:
    while not condition():
        time.sleep(0.001)


def test_acquisitions_are_counted_without_measuring_times() -> None:
    lock = Lock("counted")
    for _ in range(1000):
        with lock:
            pass
    for _ in range(10):
        assert lock.acquire(blocking=False)
        lock.release()
    found = stat_of("counted")
    assert (found.acquisitions, found.contentions, found.bounces, found.wait, found.hold) == (1010, 0, 0, None, None)


def test_a_recursive_acquisition_counts_once() -> None:
    lock = RLock("recursive")
    for _ in range(7):
        with lock, lock, lock:
            pass
    assert stat_of("recursive").acquisitions == 7


def test_bounces_are_changes_of_the_holder() -> None:
    lock = Lock("bounced")

    def use() -> None:
        for _ in range(5):
            with lock:
                pass

    use()
    for _ in range(4):
        in_thread(use)
    assert (stat_of("bounced").acquisitions, stat_of("bounced").bounces) == (25, 4)


def test_times_of_a_holder_and_twenty_waiters_are_right() -> None:
    lock, started, took = Lock("hot"), [], []
    lock_stat.start()
    threads = []
    with lock:
        begin = time.perf_counter()
        threads = [sleeping_waiter(lock, started, took) for _ in range(20)]
        until(lambda: len(started) == 20)
        until(lambda: stat_of("hot").contentions == 20)
        time.sleep(0.05)
        held = time.perf_counter() - begin
    for thread in threads:
        thread.join()
    found = stat_of("hot")
    assert (found.acquisitions, found.contentions, found.contention_bounces, found.timeouts) == (21, 20, 20, 0)
    assert found.wait is not None
    assert found.hold is not None
    assert (found.wait.count, found.hold.count) == (20, 21)
    assert found.wait.total_ns / 1e9 == pytest.approx(sum(took), rel=0.1, abs=0.02)
    assert found.hold.max_ns / 1e9 == pytest.approx(held, rel=0.1, abs=0.005)
    assert found.wait.min_ns <= found.wait.total_ns / 20 <= found.wait.max_ns
    ((place, count),) = found.contention_points
    assert ("wait" in place, count) == (True, 20)
    assert "test_times_of_a_holder_and_twenty_waiters_are_right" in found.contending_points[0][0]
    assert sum(count for _, count in found.contending_points) == 20
    # Where threads can change between two steps of a wait, one that runs may show another place once.
    in_one_step = fastpath.HAS_GIL and fastpath.BUILD == "compiled"
    assert len(found.contending_points) == 1 or not in_one_step
    assert found.waited_at == ((place, found.wait.total_ns),)
    # There, the place of one holder can also stand for several waits, which were not equally long.
    inexact = 0 if in_one_step else 0.5
    assert sum(ns for _, ns in found.waited_behind) == pytest.approx(found.wait.total_ns, rel=inexact, abs=0)


def test_each_place_has_the_times_of_its_waits() -> None:
    lock = Lock("shared")
    lock_stat.start()
    for wait in (wait_briefly, wait_long, wait_briefly):
        with lock:
            thread = threading.Thread(target=wait, args=(lock,))
            thread.start()
            until(lambda thread=thread: lockdep.waiting().find(thread.name).waits is not None)  # type: ignore[misc]
            time.sleep(0.2 if wait is wait_long else 0)
        thread.join()

    found = stat_of("shared")
    counts = {place.rpartition(" ")[2]: count for place, count in found.contention_points}
    times = {place.rpartition(" ")[2]: ns for place, ns in found.waited_at}
    assert counts == {"wait_briefly": 2, "wait_long": 1}
    assert times["wait_long"] >= 200_000_000
    assert found.wait is not None
    assert sum(times.values()) == found.wait.total_ns


def wait_briefly(lock: Any) -> None:
    with lock:
        pass


def wait_long(lock: Any) -> None:
    with lock:
        pass


def test_the_time_of_a_wait_that_lasts_is_no_time_of_a_place_yet() -> None:
    lock = Lock("shared")
    lock_stat.start()
    with lock:
        thread = threading.Thread(target=wait_long, args=(lock,))
        thread.start()
        until(lambda: stat_of("shared").contentions == 1)
        until(lambda: bool(stat_of("shared").contention_points))
        before = stat_of("shared").waited_at
    thread.join()

    assert before == ()
    assert [ns > 0 for _, ns in stat_of("shared").waited_at] == [True]


def test_a_wait_that_times_out_is_counted_without_a_duration() -> None:
    lock = Lock("timed out")
    lock_stat.start()
    with lock:
        in_thread(lambda: lock.acquire(timeout=0.01))
    found = stat_of("timed out")
    assert (found.acquisitions, found.contentions, found.timeouts, found.wait) == (1, 1, 1, None)
    assert (found.waited_at, found.waited_behind) == ((), ())


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="no signals for threads here")
def test_a_wait_that_is_interrupted_leaves_the_counts_right() -> None:
    lock, held, over = Lock("interrupted"), threading.Event(), threading.Event()
    lock_stat.start()

    def hold() -> None:
        with lock:
            held.set()
            until(lambda: stat_of("interrupted").contentions == 1)
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            over.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    with pytest.raises(KeyboardInterrupt):
        lock.acquire()
    over.set()
    thread.join()
    found = stat_of("interrupted")
    assert found.hold is not None
    assert (found.acquisitions, found.contentions, found.hold.count, found.wait) == (1, 1, 1, None)


def test_waiting_for_a_condition_does_not_count_as_holding() -> None:
    condition = threading.Condition(Lock("condition"))
    lock_stat.start()
    waiting: list[bool] = []

    def wait() -> None:
        with condition:
            waiting.append(True)
            condition.wait()

    thread = threading.Thread(target=wait)
    thread.start()
    until(lambda: waiting)
    begin = time.perf_counter()
    time.sleep(0.05)
    with condition:
        condition.notify()
    asleep = time.perf_counter() - begin
    thread.join()
    found = stat_of("condition")
    assert found.hold is not None
    assert (found.acquisitions, found.hold.count) == (3, 3)
    assert found.hold.total_ns / 1e9 < asleep


def test_release_by_another_thread_ends_the_hold() -> None:
    lock = Lock("handed over")
    lock_stat.start()
    lock.acquire()
    in_thread(lock.release)
    found = stat_of("handed over")
    assert found.hold is not None
    assert (found.acquisitions, found.hold.count) == (1, 1)


def test_reads_and_writes_are_counted_separately() -> None:
    lock = DepMap("read and written", ReadWrite)
    lock_stat.start()
    for _ in range(3):
        lock.acquired(lock.acquire(READ))
        lock.release()
    lock.acquired(lock.acquire())
    lock.release()
    assert stat_of("read and written").acquisitions == 1
    reads = stat_of("read and written", read=True)
    assert reads.hold is not None
    assert (reads.acquisitions, reads.hold.count) == (3, 3)


def test_contention_of_a_dep_map_is_counted() -> None:
    lock = DepMap("contended map", ReadWrite)
    lock_stat.start()
    lock.acquired(lock.acquire())
    lock.release()

    def wait() -> None:
        ticket = lock.acquire()
        lock.contended(ticket)
        lock.acquired(ticket)
        lock.release()

    in_thread(wait)
    ticket = lock.acquire()
    lock.contended(ticket)
    lock.gave_up(ticket)
    found = stat_of("contended map")
    assert found.wait is not None
    assert (found.acquisitions, found.contentions, found.contention_bounces, found.bounces) == (2, 2, 1, 1)
    assert (found.timeouts, found.wait.count) == (1, 1)


def test_times_are_measured_only_between_start_and_stop() -> None:
    lock = Lock("switched")
    with lock:
        lock_stat.start()
    with lock:
        pass
    lock_stat.stop()
    with lock:
        pass
    found = stat_of("switched")
    assert found.hold is not None
    assert (found.acquisitions, found.hold.count) == (3, 1)
    lock_stat.clear()
    assert [one for one in lock_stat.lock_stats() if one.name == "switched"] == []
    with lock:
        pass
    assert stat_of("switched").acquisitions == 1


@pytest.mark.skipif(BUILD == "pure", reason="the pure build counts by class alone")
def test_acquisitions_are_counted_for_each_thread() -> None:
    lock = Lock("shared out")
    inside, go_on = threading.Event(), threading.Event()

    def work() -> None:
        for _ in range(3):
            with lock:
                pass
        inside.set()
        go_on.wait()

    thread = threading.Thread(target=work, name="worker of three")
    thread.start()
    inside.wait()
    with lock:
        pass
    assert dict(stat_of("shared out").threads) == {"worker of three": 3, "MainThread": 1}
    go_on.set()
    thread.join()
    in_thread(lambda: None)
    assert sum(dict(stat_of("shared out").threads).values()) == stat_of("shared out").acquisitions == 4


def test_acquisitions_of_threads_that_ended_are_kept() -> None:
    lock = Lock("many threads")

    def use() -> None:
        with lock:
            pass

    for _ in range(100):
        in_thread(use)
    assert stat_of("many threads").acquisitions == 100


@pytest.mark.skipif(BUILD == "pure", reason="the pure build counts by class alone")
def test_the_counts_of_a_thread_that_uses_few_of_many_classes_are_right() -> None:
    locks = [Lock(f"one of many {index}") for index in range(1000)]

    def use(chosen: list[Any]) -> None:
        for lock in chosen:
            with lock:
                pass

    in_thread(lambda: use([locks[999], locks[0], locks[999]]))
    in_thread(lambda: use(locks))  # in the state of that thread, with memory that it has left
    in_thread(lambda: use([locks[500]]))
    counts = {one.name: one.acquisitions for one in lock_stat.lock_stats()}
    assert [counts[f"one of many {index}"] for index in (0, 1, 500, 999)] == [2, 1, 2, 3]


MANY_CLASSES = """
import sys, threading
from lockdep.threading import Lock

locks = [Lock(f"{index}") for index in range(40_000)]
started, go_on = threading.Semaphore(0), threading.Event()

def use(lock):
    with lock: pass
    started.release()
    go_on.wait()

def grown_by(lock):
    before = resident()
    threads = [threading.Thread(target=use, args=(lock,)) for _ in range(40)]
    for thread in threads: thread.start()
    for _ in threads: started.acquire()
    return (resident() - before) // len(threads)

def resident():
    with open("/proc/self/statm") as file: return int(file.read().split()[1]) * 4

grown_by(locks[0])
first, last = grown_by(locks[0]), grown_by(locks[-1])
go_on.set()
print(first, last)
"""


@pytest.mark.once
@pytest.mark.skipif(BUILD == "pure", reason="the pure build counts by class alone")
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_thread_has_no_memory_for_classes_that_it_does_not_use(tmp_path: Path) -> None:
    first, last = map(int, program(tmp_path, MANY_CLASSES, command=PLAIN).stdout.split())
    assert last < first + 100  # kB; an array of counts would be 640


def durations(*ns: int) -> Durations:
    return Durations(len(ns), sum(ns), min(ns), max(ns), tuple((one, 1) for one in sorted(ns)))


def test_the_table_has_the_kernels_columns_and_the_points() -> None:
    stats = [
        ClassStatistics("quiet", "Lock", read=False, acquisitions=7),
        ClassStatistics(
            "busy", "RWLock", read=False, acquisitions=20, contentions=3, bounces=5, contention_bounces=2,
            wait=durations(1000, 2000, 6000), hold=durations(500, 1500),
            contention_points=(("a.py:1 in f", 2), ("b.py:2 in g", 1)), contending_points=(("c.py:3 in h", 3),),
        ),
        ClassStatistics("busy", "RWLock", read=True, acquisitions=90, contentions=1),
    ]  # fmt: skip
    lines = render_lock_stat(stats, points=1).splitlines()
    assert lines[0] == "lock_stat version 0.4"
    assert lines[2].split()[:5] == ["class", "name", "con-bounces", "contentions", "waittime-min"]
    rows = [line.split() for line in lines if ":" in line and " in " not in line]
    assert [row[0] for row in rows] == ["busy-W:", "busy-R:", "quiet:"]
    waits, holds = "1.00 6.00 9.00 3.00", "0.50 1.50 2.00 1.00"
    assert rows[0][1:] == f"2 3 {waits} 5 20 {holds} 2.00 6.00 0.50 1.50".split()
    points = [line.split() for line in lines if " in " in line or "more" in line]
    assert [" ".join(point) for point in points] == [
        "busy-W 2 a.py:1 in f", "1 at 1 more places", "busy-W 3 c.py:3 in h",
    ]  # fmt: skip


def test_the_table_is_sorted_and_limited() -> None:
    stats = [
        ClassStatistics(name, "Lock", read=False, acquisitions=count) for name, count in (("a", 1), ("b", 3), ("c", 2))
    ]
    lines = render_lock_stat(stats, sort="acquisitions", top=2).splitlines()
    assert [line.split()[0] for line in lines if ":" in line] == ["b:", "c:"]


def test_the_stacks_of_all_threads_are_read_for_few_of_many_waits(
    validator: lockdep.Validator, monkeypatch: Any
) -> None:
    lock, read = Lock("busy"), []
    monkeypatch.setattr(points, "seen_point", lambda *_: None)
    monkeypatch.setattr(points, "searched_point", lambda *_: read.append(1) or "here")
    monkeypatch.setattr(fastpath, "thread_count", lambda: 8000)
    with lock:
        for _ in range(10_000):
            validator.points.note(fastpath.thread_state(), lock.entry, lock, trace.innermost())

    waiting, holding, *_ = validator.points.of(lock.entry.tally.number)
    assert [count for _, count in waiting] == [10_000]
    assert len(read) < 100
    assert 10_000 - 2_000 < sum(count for _, count in holding) <= 10_000  # each stands for those since the last


def hold_by_with(lock: Any, meet: threading.Barrier) -> None:
    with lock:
        meet.wait()
        meet.wait()


def hold_by_call(lock: Any, meet: threading.Barrier) -> None:
    lock.acquire()
    meet.wait()
    meet.wait()
    lock.release()


@pytest.mark.parametrize("hold", [hold_by_with, hold_by_call])
@pytest.mark.parametrize("all_stacks", [True, False])
def test_the_place_of_every_holder_is_noted(
    validator: lockdep.Validator, monkeypatch: Any, hold: Any, *, all_stacks: bool
) -> None:
    if not all_stacks:
        if BUILD == "pure" or not fastpath.HAS_GIL:
            pytest.skip("here the stacks of all threads have to be read")
        monkeypatch.setattr(sys, "_current_frames", lambda: pytest.fail("read all stacks"))
    lock, meet = Lock("held elsewhere"), threading.Barrier(2)
    thread = threading.Thread(target=hold, args=(lock, meet))
    thread.start()
    meet.wait()
    for _ in range(points.SURE):
        validator.points.note(fastpath.thread_state(), lock.entry, lock, trace.innermost())
    meet.wait()
    thread.join()

    holding = validator.points.of(lock.entry.tally.number)[1]
    assert hold.__name__ in holding[0][0]
    assert sum(count for _, count in holding) == points.SURE
    assert len(holding) == 1 or not fastpath.HAS_GIL  # without it, a thread that runs may show another place once


def test_the_holder_is_looked_up_for_each_wait_while_they_are_few(validator: lockdep.Validator) -> None:
    lock = Lock("busy")
    with lock:
        for _ in range(20):
            validator.points.note(fastpath.thread_state(), lock.entry, lock, trace.innermost())

    waiting, holding, *_ = validator.points.of(lock.entry.tally.number)
    assert [count for _, count in waiting] == [count for _, count in holding] == [20]
    assert waiting[0][0].endswith("in test_the_holder_is_looked_up_for_each_wait_while_they_are_few")
