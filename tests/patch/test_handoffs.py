"""The quick ways of hand-offs: they leave out what says nothing, and only that."""

from __future__ import annotations

import queue
import random
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from lockdep import fastpath
from lockdep.fastpath import Handed
from lockdep.graph.clock import MOST_KNOWN, START, Clock
from tests.worlds import found, in_thread, patched_world

OFTEN = 200  # more than the stretches of a run that are kept apart


def often(work: Any) -> None:
    for _ in range(OFTEN):
        work()


def test_a_condition_is_guarded_however_often_it_was_signalled() -> None:
    with patched_world():
        threading.Thread()
        condition = threading.Condition()

        def signal() -> None:
            with condition:
                condition.notify()

        often(signal)

        with pytest.raises(RuntimeError, match="un-acquired lock"):
            condition.notify()
        refused: list[object] = []

        def intrude() -> None:
            with pytest.raises(RuntimeError, match="un-acquired lock"):
                condition.notify()
            refused.append(True)

        with condition:
            in_thread(intrude)
        assert refused


def test_a_waiter_is_woken_however_often_nobody_waited() -> None:
    with patched_world():
        ready, channel = threading.Event(), queue.Queue[int]()
        often(lambda: (ready.set(), ready.clear(), channel.put(1), channel.get()))
        woken: list[object] = []
        waiter = threading.Thread(target=lambda: woken.extend([ready.wait(30), channel.get(timeout=30)]))
        waiter.start()

        ready.set()
        channel.put(5)
        waiter.join()

        assert woken == [True, 5]


@pytest.mark.parametrize("needed", [True, False])
def test_a_lock_that_a_signaller_needs_later_is_noticed(needed: bool) -> None:
    with patched_world():
        lock, ready = threading.Lock(), threading.Event()

        def set_holding() -> None:
            for number in range(OFTEN):
                with lock:
                    ready.set()
                if number < 5 and not needed:
                    ready.set()

        def wait() -> None:
            with lock:
                ready.wait(0.01)

        in_thread(set_holding)
        ready.clear()
        in_thread(wait)

        assert found() == (["wait?"] if needed else [])


def test_a_signal_without_the_lock_is_noticed_after_some_with_it() -> None:
    with patched_world():
        lock, ready = threading.Lock(), threading.Event()

        def set_holding_and_not() -> None:
            for _ in range(20):
                with lock:
                    ready.set()
            ready.set()

        def wait() -> None:
            with lock:
                ready.wait(0.01)

        in_thread(set_holding_and_not)
        ready.clear()
        in_thread(wait)

        assert found() == []


def test_a_thread_learns_through_an_event_what_its_setter_has_learned() -> None:
    with patched_world():
        first, last = threading.Event(), threading.Event()
        known: list[Any] = []
        setters: list[int] = []

        def begin() -> None:
            setters.append(fastpath.thread_state().record.serial)
            with threading.Lock():
                first.set()

        def relay() -> None:
            first.wait()
            setters.append(fastpath.thread_state().record.serial)
            with threading.Lock():
                last.set()

        def learn() -> None:
            last.wait()
            known.append(fastpath.thread_state().record.course.clock.known)

        threads = [threading.Thread(target=work) for work in (learn, relay, begin)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert known[0].keys() >= set(setters)
        assert len(setters) == 2


def test_a_thread_of_which_nothing_new_is_seen_hands_over_the_same_again() -> None:
    with patched_world():
        in_thread(bool)
        own, other = threading.Lock(), threading.Lock()
        often(lambda: in_turn(own, other))

        before = fastpath.hand_over()
        in_turn(own, other)
        same = fastpath.hand_over()
        in_turn(other, own)
        later = fastpath.hand_over()

    assert same is before
    assert later.run == before.run
    assert later.moment > before.moment


def test_what_a_work_item_does_is_known_to_who_asks_for_its_result_if_it_is_evidence() -> None:
    with patched_world(), ThreadPoolExecutor(1) as pool:
        own, other = threading.Lock(), threading.Lock()
        known_after(pool, lambda: in_turn(own, other))

        said_nothing = known_after(pool, lambda: in_turn(own, other))
        has_evidence = known_after(pool, lambda: in_turn(other, own))

    assert (said_nothing, has_evidence) == (False, True)


def known_after(pool: ThreadPoolExecutor, work: Callable[[], object]) -> bool:
    """Return whether this thread knows of the run of a work item, after it has asked for its result."""

    def item() -> Any:
        work()
        return fastpath.thread_state().record

    run = pool.submit(item).result()
    return run.serial in fastpath.thread_state().record.course.clock.known


def in_turn(first: Any, second: Any) -> None:
    with first, second:
        pass


def test_no_code_of_a_program_runs_for_what_is_kept_in_its_objects() -> None:
    class Strict(threading.Event):
        def __setattr__(self, name: str, value: object) -> None:
            assert not name.startswith("_lockdep"), name
            super().__setattr__(name, value)

        def __getattr__(self, name: str) -> object:
            raise AssertionError(name)

    with patched_world():
        threading.Thread()
        event = Strict()
        in_thread(lambda: often(lambda: (event.wait(0), event.set(), event.wait(), event.clear())))

        assert not event.is_set()


def test_methods_that_were_kept_go_on_working_after_the_patch() -> None:
    with patched_world():
        threading.Thread()
        event, condition, channel = threading.Event(), threading.Condition(), queue.Queue[int]()
        kept = [event.set, event.wait, condition.notify_all, channel.put, channel.get]

    set_it, wait, notify, put, get = kept
    set_it()
    with condition:
        notify()
    put(3)
    assert (wait(), get()) == (True, 3)


def merged_naively(one: Clock, other: Clock, run: int, moment: int) -> dict[int, int]:
    known: dict[int, int] = {}
    for key, (seen, _) in [*one.known.items(), *other.known.items(), (run, (moment, ""))]:
        known[key] = max(seen, known.get(key, 0))
    return dict(sorted(known.items(), key=lambda entry: entry[1])[-MOST_KNOWN:])


def test_clocks_are_merged_as_a_naive_model_does() -> None:
    chance = random.Random(5)
    clocks = deque([START], maxlen=8)
    for moment in range(1, 2000):
        one, other, run = chance.choice(clocks), chance.choice(clocks), chance.randrange(100)
        clock = one.learned(Handed(run, moment, other), "by")
        expected = merged_naively(one, other, run, moment)
        assert {key: seen for key, (seen, _) in clock.known.items()} == expected
        lost = {seen for each in (one, other) for seen, _ in each.known.values()} - set(expected.values())
        assert clock.dropped >= max(one.dropped, other.dropped)
        assert len(clock.known) == MOST_KNOWN or clock.dropped == max(one.dropped, other.dropped), lost
        clocks.append(clock)
