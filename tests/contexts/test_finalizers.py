"""What the collector runs: a lock that it waits for, and that ordinary code takes afterwards."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import lockdep
from lockdep import fastpath
from lockdep.fastpath import thread_state
from tests.worlds import PLAIN, found, in_thread, patched_world, program


@pytest.fixture(autouse=True)
def validator() -> Iterator[lockdep.Validator]:
    gc.collect()
    gc.disable()
    with patched_world() as chosen:
        yield chosen
        assert thread_state().held() == []
        assert thread_state().running > 0
    gc.enable()
    assert chosen.failures == 0, chosen.book.failure


class Dying:
    """An object in a cycle, whose finalizer does some work."""

    def __init__(self, *work: Callable[[], object]) -> None:
        self.work = work
        self.me = self

    def __del__(self) -> None:
        for each in self.work:
            each()


class Cycle:
    """An object in a cycle."""

    def __init__(self, *kept: object) -> None:
        self.kept = kept
        self.me = self


def use(*locks: Any) -> None:
    for lock in locks:
        with lock:
            pass


def attempt(lock: Any) -> None:
    assert lock.acquire(blocking=False)
    lock.release()


def until(condition: Callable[[], object]) -> None:
    """Wait without any lock."""
    while not condition():
        time.sleep(0.001)


def by_del(work: Callable[[], object]) -> None:
    Dying(work)


def by_reference(work: Callable[[], object]) -> None:
    dying = Cycle()
    kept.append(weakref.ref(dying, lambda _: work()))


def by_finalize(work: Callable[[], object]) -> None:
    weakref.finalize(Cycle(), work)


def by_generator(work: Callable[[], object]) -> None:
    def steps() -> Iterator[None]:
        try:
            yield
        finally:
            work()

    generator = steps()
    next(generator)
    Cycle(generator)


def by_callback(work: Callable[[], object]) -> None:
    def callback(_phase: str, _info: dict[str, int]) -> None:
        gc.callbacks.remove(callback)
        work()

    gc.callbacks.append(callback)


def by_late_callback(work: Callable[[], object]) -> None:
    def callback(phase: str, _info: dict[str, int]) -> None:
        if phase == "stop":
            gc.callbacks.remove(callback)
            work()

    gc.callbacks.append(callback)


kept: list[Any] = []
WAYS = [by_del, by_reference, by_finalize, by_generator, by_callback, by_late_callback]


def collect() -> None:
    """Collect; then the collector is on, as in most programs."""
    gc.collect()
    gc.enable()


# -- what is found, and its twins


@pytest.mark.parametrize("way", WAYS)
def test_a_lock_that_the_collector_and_then_ordinary_code_takes_is_found(way: Any) -> None:
    lock = threading.Lock()
    use(lock)
    way(lambda: use(lock))
    collect()
    assert found() == []
    use(lock)
    assert found() == ["usage"]
    assert "inconsistent {IN-FINALIZER-W} -> {FINALIZER-ON-W} usage." in str(lockdep.findings()[0])


def test_any_thread_may_be_the_one_that_takes_it_afterwards() -> None:
    lock = threading.Lock()
    by_del(lambda: use(lock))
    collect()
    in_thread(lambda: use(lock))
    assert found() == ["usage"]


def test_what_ordinary_code_takes_may_be_judged_before_what_the_finalizer_took() -> None:
    lock, other = threading.Lock(), threading.Lock()
    steps: list[str] = []

    def work() -> None:
        until(lambda: steps)
        use(lock)
        steps.append("judged")

    thread = threading.Thread(target=work)
    thread.start()
    with other:  # what the collection has seen is judged when this thread holds nothing
        by_del(lambda: use(lock))
        collect()
        steps.append("taken")
        until(lambda: len(steps) == 2)
    thread.join()
    assert found() == ["usage"]


def test_the_report_names_the_finalizer_and_what_it_interrupted() -> None:
    lock = threading.Lock()
    by_del(lambda: use(lock))
    collect()
    use(lock)
    text = str(lockdep.findings()[0])
    assert "taken by Dying.__del__, run by the garbage collector." in text
    assert "in collect" in text.partition("This interrupted the code at:")[2].splitlines()[1]


@pytest.mark.parametrize("way", WAYS)
def test_a_lock_that_is_not_taken_again_is_silent(way: Any) -> None:
    lock = threading.Lock()
    use(lock)
    way(lambda: use(lock))
    collect()
    assert found() == []


def test_a_lock_that_only_dying_objects_own_is_silent() -> None:
    def make() -> Any:
        return threading.Lock()

    for _ in range(3):
        own = make()
        use(own)
        by_del(lambda own=own: use(own))
        del own
        collect()
    assert found() == []
    shared = make()
    by_del(lambda: use(shared))
    collect()
    use(shared)
    assert found() == ["usage"]


def test_a_try_in_the_finalizer_is_silent_and_one_in_ordinary_code_is_not() -> None:
    lock, other = threading.Lock(), threading.Lock()
    by_del(lambda: attempt(lock))
    by_del(lambda: use(other))
    collect()
    use(lock)
    assert found() == []
    attempt(other)
    assert found() == ["usage"]


def test_an_rlock_is_silent() -> None:
    lock = threading.RLock()
    by_del(lambda: use(lock))
    with lock:
        collect()
    use(lock)
    assert found() == []


def test_ordinary_code_with_the_collector_off_is_silent() -> None:
    lock = threading.Lock()
    by_del(lambda: use(lock))
    gc.collect()
    use(lock)
    assert found() == []
    gc.enable()
    use(lock)
    assert found() == ["usage"]


def test_a_finalizer_that_waits_for_what_it_interrupted_is_reported_while_it_waits() -> None:
    lock = threading.Lock()

    def wait_briefly() -> None:
        assert not lock.acquire(timeout=0.01)

    by_del(wait_briefly)
    with lock:
        gc.collect()
        assert "recursive?" in found()


def test_what_was_interrupted_is_held_as_before() -> None:
    held, lock = threading.Lock(), threading.Lock()
    by_del(lambda: use(lock))
    with held:
        collect()
        assert [serial for _, serial in thread_state().held()] == [held.serial]
    assert found() == []


def test_locks_that_a_finalizer_takes_in_the_wrong_order_are_found() -> None:
    one, other = threading.Lock(), threading.Lock()

    def nest(first: Any, second: Any) -> None:
        with first, second:
            pass

    nest(one, other)
    by_del(lambda: nest(other, one))
    gc.collect()
    assert found() == ["circular"]


# -- what programs see of it


def test_the_callbacks_of_the_program_come_between_ours() -> None:
    order: list[str] = []

    def callback(phase: str, _info: dict[str, int]) -> None:
        order.append(f"{phase} {thread_state().running < -1}")

    gc.callbacks.append(callback)
    try:
        gc.collect()
        gc.collect()
    finally:
        gc.callbacks.remove(callback)
    assert order == ["start True", "stop True"] * 2


def test_uninstall_takes_the_callbacks_away(tmp_path: Path) -> None:
    source = """
import gc
import lockdep

def mine(phase, info): ...

before = [mine]
gc.callbacks.append(mine)
lockdep.install()
print(len(gc.callbacks))
lockdep.install()
print(len(gc.callbacks))
lockdep.uninstall()
print(gc.callbacks == before)
"""
    assert program(tmp_path, source, command=PLAIN).stdout.split() == ["4", "4", "True"]


def test_a_program_that_clears_the_callbacks_goes_on(tmp_path: Path) -> None:
    source = """
import gc
import threading
import time

gc.callbacks.clear()
gc.collect()
with threading.Lock():
    pass
gc.callbacks.append(lambda phase, info: gc.callbacks.clear())
gc.collect()
"""
    done = program(tmp_path, source)
    assert (done.returncode, done.stdout, "0 errors" in done.stderr) == (0, "", True), done.stderr


def test_the_end_of_a_collection_is_noted_though_somebody_has_removed_what_notes_it() -> None:
    for _ in range(2):
        gc.callbacks.remove(fastpath.collection_ends)
    gc.collect()
    assert thread_state().running > 0
    assert gc.callbacks[-2:] == [fastpath.collection_ends] * 2


def test_a_finalizer_in_the_middle_of_a_judgement_is_no_harm(validator: lockdep.Validator) -> None:
    lock, mine = threading.Lock(), threading.Lock()
    work = validator.rules.validate

    def validate(*arguments: Any) -> None:
        by_del(lambda: use(mine))
        gc.collect()
        work(*arguments)

    validator.rules.validate = validate  # type: ignore[method-assign]
    use(lock, mine)
    del validator.rules.validate  # type: ignore[method-assign]
    by_del(lambda: use(mine))
    collect()
    use(mine)
    assert found() == ["usage"]


def test_nothing_is_judged_or_told_inside_a_finalizer() -> None:
    lock, running = threading.Lock(), []
    forget = lockdep.on_finding(lambda _: running.append(thread_state().running))
    for _ in range(2):
        by_del(lambda: use(lock, threading.Lock()))
        collect()
        use(lock)
    forget()
    assert running
    assert min(running) > 0


def test_what_the_program_says_to_be_safe_is_silent() -> None:
    lock, other = threading.Lock(), threading.Lock()
    lockdep.reentrant_safe(lock, "its finalizer asks a flag first")
    by_del(lambda: use(lock, other))
    collect()
    use(lock)
    with lockdep.not_interrupted():
        use(other)
    assert found() == []


def test_a_finalizer_that_starts_a_thread_is_silent() -> None:
    threads: list[threading.Thread] = []

    def start() -> None:
        threads.append(threading.Thread(target=int))
        threads[0].start()

    Dying(start)
    gc.collect()
    threads[0].join()
    gc.enable()
    use(threads[0]._started._cond)

    assert found() == []


def test_an_exception_that_lets_an_object_go_is_the_programs(capfd: pytest.CaptureFixture[str]) -> None:
    gone: list[int] = []

    class Dropped:
        def __del__(self) -> None:
            gone.append(1)

    with pytest.raises(ZeroDivisionError):
        [Dropped(), 1 // len(gone)]

    assert gone == [1]
    assert capfd.readouterr().err == ""


@pytest.mark.skipif(fastpath.HAS_GIL, reason="with the GIL, what a reference count runs is no error")
@pytest.mark.parametrize("again", [False, True], ids=["new", "kept"])
def test_a_lock_that_a_dropped_object_makes_is_silent(again: bool) -> None:
    made: list[Any] = []

    class Dropped:
        def __del__(self) -> None:
            if not (made and again):
                made.append(threading.Lock())
            use(made[-1])

    for _ in range(2):
        Dropped()
        use(made[-1])

    assert found() == (["usage"] if again else [])


def test_a_lock_that_a_finalizer_makes_and_a_later_one_takes_is_reported() -> None:
    made: list[Any] = []

    def take() -> None:
        made[:] = made or [threading.Lock()]
        use(made[0])

    for _ in range(2):
        Dying(take)
        gc.collect()
    gc.enable()
    use(made[0])

    assert found() == ["usage"]
