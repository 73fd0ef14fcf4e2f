"""Threads that threading does not know, and what is kept of threads that have ended."""

import _thread
import gc
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lockdep import fastpath, runtime
from lockdep.validator.validator import Validator
from tests.patience import THREAD_LIMIT
from tests.worlds import Lock, RLock, found, in_thread, nest, program, world


@pytest.fixture(autouse=True)
def validator() -> Iterator[Validator]:
    with world() as validator:
        yield validator
        assert validator.failures == 0, validator.book.failure


def test_threads_not_made_by_threading() -> None:
    done, lock, outer = _thread.allocate_lock(), Lock(), Lock()
    names = set(threading._active)
    done.acquire()

    def work() -> None:
        nest(outer, lock)
        nest(lock, outer)
        done.release()

    _thread.start_new_thread(work, ())
    assert done.acquire(timeout=THREAD_LIMIT)

    assert found() == ["circular"]
    assert set(threading._active) <= names  # no _DummyThread was made, which would have taken locks
    assert "unnamed thread" in str(runtime.findings()[0])


def test_thousands_of_threads_leak_nothing() -> None:
    lock, done = RLock(), _thread.allocate_lock()
    done.acquire()

    def work() -> None:
        with lock:
            pass
        done.release()

    def many(count: int) -> None:
        for _ in range(count):
            _thread.start_new_thread(work, ())
            assert done.acquire(timeout=THREAD_LIMIT)

    many(100)
    runtime.validator().collect()
    gc.collect()
    before = len(fastpath.threads())
    many(3000)
    runtime.validator().collect()

    assert len(fastpath.threads()) <= before + 10  # the last ones may still be ending
    assert found() == []


def test_threads_that_end_are_forgotten_without_being_asked_for() -> None:
    lock = Lock()
    for _ in range(1500):
        in_thread(lambda: nest(lock))

    assert len(fastpath.threads()) < 1000


def test_next_thread_starts_afresh() -> None:
    outer, inner = Lock(), Lock()
    states = []

    def work() -> None:
        state = fastpath.thread_state()
        states.append((state.serial, state.held(), state.record, state.took))
        nest(outer, inner)

    in_thread(work)
    in_thread(work)

    (first, *_), (second, *rest) = states
    assert second > first  # never the number of a thread that has ended
    assert rest == [[], None, None]


def test_message_for_the_thread_before_is_ignored() -> None:
    lock = Lock()
    state = fastpath.thread_state()
    with lock:
        ((_, serial),) = state.held()
        state.revoked.append((state.serial - 1, serial))
        state.mark()
        state.settle()

        assert [serial for _, serial in state.held()] == [serial]


def test_an_interrupt_that_came_while_the_thread_settled_is_not_forgotten() -> None:
    lock = Lock()
    state = fastpath.thread_state()
    with lock:
        state.pending = True  # as another thread does, whose `mark` came before `settle` took the mark away
        state.settle()
        assert state.dirty
    with lock:
        assert not state.pending
    with lock:
        assert not state.dirty


def test_threads_that_end_holding_what_others_release() -> None:
    for _ in range(500):
        lock = Lock()
        in_thread(lock.acquire)
        lock.release()

    assert len(fastpath.threads()) < 300  # nobody has asked for findings yet
    assert found() == []

    other = Lock()
    in_thread(lock.acquire)  # known to be handed over
    assert found() == []
    in_thread(other.acquire)
    assert found() == ["lifetime?"]


ONE_THREAD_OF_C = """
import ctypes, sys
import lockdep
from lockdep import fastpath
from lockdep.threading import Lock
libc = ctypes.CDLL(None)
outer, inner, key = Lock(), Lock(), ctypes.c_uint()

@ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)
def begin(_):
    with outer, inner:
        libc.pthread_setspecific(key, ctypes.c_void_p(1))

@ctypes.CFUNCTYPE(None, ctypes.c_void_p)
def end(_):
    with inner, outer:
        print(len(fastpath.thread_state().held()))

thread = ctypes.c_ulong()
libc.pthread_key_create(ctypes.byref(key), end)
libc.pthread_create(ctypes.byref(thread), None, begin, None)
libc.pthread_join(thread, None)
print([finding.slug for finding in lockdep.findings()])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="calls pthread functions by name")
@pytest.mark.parametrize("pure", ["", "1"], ids=["as installed", "pure"])
def test_thread_of_c_that_enters_python_twice(tmp_path: Path, pure: str) -> None:
    """Each entry has a Python thread state of its own, one after the other, in one thread of the system."""
    done = program(tmp_path, ONE_THREAD_OF_C, command=("-X", "utf8"), LOCKDEP_PURE=pure)

    assert done.stdout == "2\n['circular']\n", done.stderr


def test_a_thread_is_found_by_its_serial_until_it_has_ended() -> None:
    go, serials, lock = threading.Event(), [], Lock()

    def work() -> None:
        with lock:
            serials.append(fastpath.thread_state().serial)
        assert go.wait(THREAD_LIMIT)

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    while len(serials) < len(threads):
        threading.Event().wait(0.001)
    states = [fastpath.find_thread(serial) for serial in serials]
    assert [state.serial for state in states if state is not None] == serials
    assert {state.ident for state in states if state is not None} == {thread.ident for thread in threads}

    go.set()
    for thread in threads:
        thread.join()
    gc.collect()
    assert [fastpath.find_thread(serial) for serial in serials] == [None] * len(serials)
    assert fastpath.find_thread(0) is None
