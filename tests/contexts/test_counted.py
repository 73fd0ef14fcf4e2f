"""Finalizers that a reference count runs: a lock that they wait for, and that ordinary code takes afterwards."""

from __future__ import annotations

import gc
import io
import threading
import weakref
from collections.abc import Callable, Iterator
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

import pytest

import lockdep
from lockdep import runtime
from lockdep.fastpath import BUILD, HAS_GIL, thread_state
from tests.worlds import PLAIN, found, in_thread, patched_world, program

FOUND = ["usage?" if HAS_GIL else "usage"]
compiled = pytest.mark.skipif(BUILD == "pure", reason="the pure build cannot watch the finalizers of classes")


@pytest.fixture(autouse=True)
def validator() -> Iterator[lockdep.Validator]:
    gc.collect()
    with patched_world() as chosen:
        yield chosen
        assert thread_state().held() == []
        assert thread_state().running > 0
        assert not thread_state().drops
    assert chosen.failures == 0, chosen.book.failure


def use(*locks: Any) -> None:
    for lock in locks:
        with lock:
            pass


def attempt(lock: Any) -> None:
    assert lock.acquire(blocking=False)
    lock.release()


def made(work: Callable[[], object], **more: Any) -> Any:
    """Return an object of a class with a finalizer."""

    class Dying:
        def __init__(self) -> None:
            vars(self).update(more)

        def __del__(self) -> None:
            work()

        def close(self) -> None:
            self.__del__()

    return Dying()


def inherited(work: Callable[[], object]) -> Any:
    class Base:
        def __del__(self) -> None:
            work()

    class Dying(Base):
        pass

    return Dying()


def finalized(work: Callable[[], object]) -> Any:
    class Plain:
        pass

    dying = Plain()
    weakref.finalize(dying, work)
    return dying


def multiprocessed(work: Callable[[], object]) -> Any:
    class Plain:
        pass

    dying = Plain()
    Finalize(dying, work)
    return dying


def in_c(work: Callable[[], object]) -> Any:
    """Return a file whose finalizer, which is written in C, calls its method `close`."""

    class Raw(io.RawIOBase):
        def close(self) -> None:
            if not self.closed:
                work()
            super().close()

    return Raw()


WAYS = [
    pytest.param(made, marks=compiled), pytest.param(inherited, marks=compiled), finalized, multiprocessed,
    pytest.param(in_c, marks=compiled),
]  # fmt: skip


# -- what is found, and its twins


@pytest.mark.parametrize("way", WAYS)
def test_a_lock_that_ordinary_code_takes_after_the_finalizer_is_found(way: Any) -> None:
    lock = threading.Lock()
    use(lock)
    dying = way(lambda: use(lock))
    del dying
    assert found() == []
    use(lock)
    assert found() == FOUND


@pytest.mark.parametrize("way", WAYS)
def test_a_lock_that_is_not_taken_again_is_silent(way: Any) -> None:
    lock = threading.Lock()
    use(lock)
    dying = way(lambda: use(lock))
    del dying
    assert found() == []


@pytest.mark.xfail(BUILD == "pure", strict=True, reason="the pure build cannot watch the finalizers of classes")
def test_a_del_that_a_reference_count_runs_is_found() -> None:
    lock = threading.Lock()
    made(lambda: use(lock))
    use(lock)
    assert found() == FOUND


@pytest.mark.xfail(strict=True, reason="who calls back a weak reference is not known without a collection")
def test_a_callback_of_a_weak_reference_is_found() -> None:
    lock = threading.Lock()
    dying = finalized(lambda: None)
    reference = weakref.ref(dying, lambda _: use(lock))
    del dying
    use(lock)
    assert reference() is None
    assert found() == FOUND


@compiled
def test_any_thread_may_take_it_afterwards() -> None:
    lock = threading.Lock()
    made(lambda: use(lock))
    in_thread(lambda: use(lock))
    assert found() == FOUND


@compiled
def test_the_report_names_the_finalizer_what_runs_it_and_what_it_interrupted() -> None:
    lock = threading.Lock()
    made(lambda: use(lock))
    use(lock)
    text = str(lockdep.findings()[0])
    assert "inconsistent {IN-FINALIZER-W} -> {FINALIZER-ON-W} usage." in text
    assert "Dying.__del__, run by a reference count." in text
    assert "in test_the_report_names" in text.partition("This interrupted the code at:")[2].splitlines()[1]
    assert runtime.findings()[0].grade == ("latent" if HAS_GIL else "potential")


@compiled
@pytest.mark.skipif(not HAS_GIL, reason="it is an error from the start")
def test_it_becomes_an_error_when_the_collector_runs_one() -> None:
    lock = threading.Lock()
    for _ in range(40):
        made(lambda: use(lock))
        use(lock)
    assert found() == ["usage?"]
    dying = made(lambda: use(lock))
    dying.me = dying
    del dying
    gc.collect()
    assert found() == ["usage?"]
    use(lock)
    assert found() == ["usage"]


@compiled
def test_a_try_in_the_finalizer_an_rlock_and_a_lock_that_dies_are_silent() -> None:
    lock, rlock = threading.Lock(), threading.RLock()
    for _ in range(3):
        made(lambda: attempt(lock))
        made(lambda: use(rlock))
        own = threading.Lock()
        use(own)
        dying = made(lambda own=own: use(own))
        del own, dying
        use(lock, rlock)
    assert found() == []


def test_a_finalizer_that_is_called_by_hand_is_ordinary_code() -> None:
    lock = threading.Lock()
    dying = made(lambda: use(lock))
    dying.close()
    finalized_by_hand: Any = weakref.finalize(dying, use, lock)
    finalized_by_hand()
    use(lock)
    assert found() == []
    type(dying).__del__ = lambda _: None


def test_a_generator_that_a_loop_leaves_is_ordinary_code() -> None:
    lock = threading.Lock()

    def steps() -> Iterator[int]:
        try:
            yield 1
        finally:
            use(lock)

    for _ in steps():
        break
    use(lock)
    assert found() == []


@compiled
def test_what_the_program_says_to_be_safe_is_silent() -> None:
    lock, other = threading.Lock(), threading.Lock()
    lockdep.reentrant_safe(lock, "its finalizer asks a flag first")
    made(lambda: use(lock, other))
    use(lock)
    with lockdep.not_interrupted():
        use(other)
    assert found() == []


# -- what else goes on


@compiled
def test_locks_in_the_wrong_order_are_found_in_a_finalizer_too() -> None:
    one, other = threading.Lock(), threading.Lock()
    with one:
        made(lambda: use(other))
        assert [serial for _, serial in thread_state().held()] == [one.serial]
    with other, one:
        pass
    assert "circular" in found()


@compiled
def test_a_finalizer_of_its_own_lock_is_reported_while_it_waits() -> None:
    lock = threading.Lock()
    with lock:
        made(lambda: lock.acquire(timeout=0.01))
        assert "recursive?" in found()


@compiled
def test_a_collection_a_finalizer_and_a_run_inside_a_finalizer_come_back_to_it() -> None:
    lock, inner = threading.Lock(), threading.Lock()
    seen: list[int] = []

    def work() -> None:
        cycle = made(lambda: use(inner))
        cycle.me = cycle
        del cycle
        gc.collect()
        made(lambda: use(inner))
        use(lock)
        seen.append(thread_state().running)

    made(work)
    assert seen == [-8]
    use(inner, lock)
    assert sorted(found()) == sorted(["usage", *FOUND])


@compiled
def test_an_exception_on_its_way_goes_on() -> None:
    lock = threading.Lock()

    def fail() -> None:
        dying = made(lambda: use(lock))  # noqa: F841 - it goes while the exception leaves this function
        raise KeyError("on its way")

    with pytest.raises(KeyError, match="on its way") as caught:
        fail()
    caught.value.__traceback__ = None
    del caught
    use(lock)
    assert found() == FOUND


@compiled
def test_classes_are_as_they_were(tmp_path: Path) -> None:
    source = """
import builtins, gc, inspect, threading, traceback
import lockdep

before = builtins.__build_class__
class Early:
    def __del__(self): print("early")
function = vars(Early)["__del__"]
lockdep.install()
assert vars(Early)["__del__"] is function
class Late(Early):
    def __del__(self):
        super().__del__()
        print("late")
Early(), Late()
try:
    class Wrong(Early):
        raise KeyError("in the body")
except KeyError as error:
    frames = traceback.extract_tb(error.__traceback__)
    print([frame.name for frame in frames])
try:
    class Wrong(metaclass=lambda *args, **named: 1 / 0): ...
except ZeroDivisionError as error:
    print(len(traceback.extract_tb(error.__traceback__)))
class Odd(metaclass=lambda *args: 7): ...
print(Odd, builtins.__build_class__.__name__, builtins.__build_class__.__module__)
lockdep.uninstall()
assert builtins.__build_class__ is before
Early(), Late()
lockdep.install()
lockdep.install()
Early()
"""
    done = program(tmp_path, source, command=PLAIN)
    assert done.returncode == 0, done.stderr
    told = ["early", "late", "early"]
    rest = ["['<module>', 'Wrong']", "2", "7 __build_class__ builtins"]
    assert done.stdout.splitlines() == [*told, *rest, *told, "early"]
