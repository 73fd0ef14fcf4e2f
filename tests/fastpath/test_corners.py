"""Corners of threading's locks besides locking, and what broke others who replaced them: each as threading has it."""

import copy
import gc
import pickle
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lockdep import fastpath
from lockdep.threading import RAW_LOCK, RAW_RLOCK, Barrier, BoundedSemaphore, Condition, Event, Semaphore
from lockdep.validator.validator import Validator
from tests.patience import THREAD_LIMIT
from tests.worlds import Lock, RLock, found, in_thread, nest, world

RAW = {Lock: threading.Lock, RLock: threading.RLock}
KINDS = list(RAW)


@pytest.fixture(autouse=True)
def validator() -> Iterator[Validator]:
    with world() as validator:
        yield validator
        assert validator.failures == 0, validator.book.failure


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Any:
    return request.param


def outcome(function: Callable[[], object]) -> object:
    """Return what a call gives: its value, or the type and the words of its exception."""
    try:
        return function()
    except Exception as error:
        return type(error), str(error)


# -- the types


def test_isinstance_knows_ours(kind: Any) -> None:
    assert isinstance(kind(), kind)
    assert not isinstance(object(), kind)
    assert not isinstance(RAW[Lock if kind is RLock else RLock](), kind)
    assert not isinstance((Lock if kind is RLock else RLock)(), kind)


def test_unions(kind: Any) -> None:
    assert (kind | None) == (None | kind)
    assert isinstance(None, kind | None)
    assert isinstance(kind(), kind | None)

    def annotated(lock: kind | None = None) -> "kind": ...

    assert annotated.__annotations__["lock"] == kind | None


def test_class_attribute_does_not_bind(kind: Any) -> None:
    class Pool:
        lock_class = kind

        def __init__(self) -> None:
            self.lock = self.lock_class()

    assert type(Pool().lock) is kind


def test_subclass(kind: Any) -> None:
    class Noisy(kind):
        def __enter__(self) -> bool:
            self.entered = True
            return super().__enter__()

    with Noisy() as got:
        assert got is True
    lock = Noisy()
    nest(lock)
    assert lock.entered
    assert isinstance(lock, kind)


def test_the_class_can_be_pickled(kind: Any) -> None:
    assert pickle.loads(pickle.dumps(kind)) is kind
    assert kind.__module__ == "lockdep.threading"


def test_a_lock_cannot_be_pickled_or_copied(kind: Any) -> None:
    name = f"cannot pickle '{kind.__qualname__}' object"
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert outcome(lambda protocol=protocol: pickle.dumps(kind(), protocol)) == (TypeError, name)
    for function in (copy.copy, copy.deepcopy):
        assert outcome(lambda function=function: function(kind())) == (TypeError, name)


def test_weak_references(kind: Any) -> None:
    lock = kind()
    reference = weakref.ref(lock)
    assert reference() is lock
    del lock
    gc.collect()
    assert reference() is None


def test_a_held_lock_can_die(kind: Any) -> None:
    lock = kind()
    lock.acquire()
    reference = weakref.ref(lock)
    del lock
    gc.collect()
    assert reference() is None
    nest(kind())  # settles: the dead lock is no longer held
    assert fastpath.thread_state().held() == []
    assert found() == []


def test_hash_and_equality_are_those_of_objects(kind: Any) -> None:
    a, b = kind(), kind()
    assert a == a
    assert a != b
    assert len({a, b, a}) == 2


def test_repr(kind: Any) -> None:
    lock, raw = kind(), RAW[kind]()
    for each in (lock, raw):
        each.acquire()
    held = repr(lock)
    assert held.startswith(f"<locked lockdep.threading.{kind.__qualname__} object")
    assert f"at {id(lock):#x}>" in held
    if kind is RLock:
        lock.acquire()
        assert f"owner={threading.get_ident()} count=2" in repr(lock)
        assert f"owner={threading.get_ident()} count=1" in repr(raw)
        lock.release()
    lock.release()
    raw.release()
    assert repr(lock).startswith("<unlocked ")
    assert repr(raw).startswith("<unlocked ")


# -- arguments


ARGUMENTS = [
    ((False, 1), {}),
    ((True, -2), {}),
    ((True, -0.5), {}),
    ((True, 1e10), {}),
    ((True, float("nan")), {}),
    ((True, "soon"), {}),
    ((True, None), {}),
    ((None,), {}),
    ((0,), {}),
    ((1,), {}),
    ((True,), {}),
    ((False,), {}),
    ((False, -1), {}),
    ((True, -1), {}),
    ((True, 0), {}),
    ((True, 0.5), {}),
    ((), {"blocking": False}),
    ((), {"timeout": 0}),
    ((), {"timeout": -2}),
    ((), {"blocking": True, "timeout": 1}),
    ((), {"blocking": "yes"}),
    ((), {"blocking": ()}),
]


@pytest.mark.parametrize(("args", "kwargs"), ARGUMENTS, ids=str)
def test_arguments_of_acquire(kind: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    ours, raw = kind(), RAW[kind]()

    answer = outcome(lambda: ours.acquire(*args, **kwargs))
    taken = ours.locked()
    if taken:
        ours.release()

    assert answer == outcome(lambda: raw.acquire(*args, **kwargs))
    assert taken == (answer is True)


@pytest.mark.parametrize("method", ["release", "__enter__", "acquire"])
def test_wrong_arguments_leave_nothing_behind(kind: Any, method: str) -> None:
    for lock in (kind(), RAW[kind]()):
        with pytest.raises(TypeError):
            getattr(lock, method)(wait=True)
    lock = kind()
    with pytest.raises(TypeError):
        getattr(lock, method)(1, 2, 3)
    assert not lock.locked()
    assert fastpath.thread_state().held() == []


def test_errors_of_release(kind: Any) -> None:
    assert outcome(kind().release) == outcome(RAW[kind]().release)


def test_methods_of_the_real_lock_are_all_there(kind: Any) -> None:
    missing = {name for name in dir(RAW[kind]()) if not hasattr(kind(), name)}
    assert missing - {"__init_subclass__"} == set()


def test_old_names_of_a_lock() -> None:
    lock = Lock()
    assert lock.acquire_lock()
    assert lock.locked_lock()
    lock.release_lock()
    assert not lock.locked()


def test_a_plain_lock_has_no_methods_that_would_change_condition() -> None:
    assert not hasattr(Lock(), "_release_save")
    assert not hasattr(Lock(), "_acquire_restore")


# -- ownership


def test_a_condition_takes_a_lock_that_anyone_holds_for_its_own() -> None:
    lock = Lock()
    assert not hasattr(lock, "_is_owned")
    lock.acquire()
    in_thread(Condition(lock).notify)
    Condition(lock).notify()
    lock.release()
    with pytest.raises(RuntimeError, match="cannot notify on un-acquired lock"):
        Condition(lock).notify()


def test_ownership_of_an_rlock() -> None:
    lock = RLock()
    assert (lock._is_owned(), lock._recursion_count()) == (False, 0)
    with lock, lock:
        assert (lock._is_owned(), lock._recursion_count(), lock.locked()) == (True, 2, True)
        seen: list[object] = []
        in_thread(lambda: seen.extend((lock._is_owned(), lock._recursion_count(), lock.locked(), lock.acquire(False))))
        assert seen == [False, 0, True, False]
    assert not lock.locked()


def test_release_save_and_acquire_restore() -> None:
    lock, other = RLock(), Lock()
    for _ in range(3):
        lock.acquire()
    saved = lock._release_save()
    assert not lock.locked()
    in_thread(lambda: nest(lock, other))
    nest(other)  # not under lock
    lock._acquire_restore(saved)
    assert lock._recursion_count() == 3
    for _ in range(3):
        lock.release()
    assert not lock.locked()
    with pytest.raises(RuntimeError, match="cannot release un-acquired lock"):
        lock._release_save()
    nest(lock, other)

    assert found() == []


def test_owner_is_what_gevent_reads(kind: Any) -> None:
    lock = kind()
    assert not lock._owner
    with lock:
        assert lock._owner == threading.get_ident()
    assert not lock._owner


def test_at_fork_reinit(kind: Any) -> None:
    lock, other = kind(), Lock()
    lock.acquire()
    if kind is RLock:
        lock.acquire()
    lock._at_fork_reinit()
    assert not lock.locked()
    assert fastpath.thread_state().held() == []
    nest(other, lock)
    assert lock.acquire(False)
    if kind is RLock:
        assert lock._recursion_count() == 1
    lock.release()
    assert found() == []


def test_at_fork_reinit_of_anothers_lock(kind: Any) -> None:
    lock = kind()
    in_thread(lock.acquire)
    lock._at_fork_reinit()
    assert lock.acquire(False)
    lock.release()
    assert found() == (["lifetime?"] if kind is Lock else ["lifetime"])


@pytest.mark.parametrize(("order", "kinds"), [("ba", ["circular"]), ("ab", [])])
@pytest.mark.parametrize("first", ["lock", "local", "neither"])
def test_a_finalizer_at_the_end_of_a_thread_is_validated(first: str, order: str, kinds: list[str]) -> None:
    locks = {"a": Lock("a"), "b": Lock("b")}
    nest(locks["a"], locks["b"])
    local = threading.local()

    class Closer:
        def __del__(self) -> None:
            nest(*[locks[name] for name in order])

    def work() -> None:
        if first == "lock":
            nest(locks["a"])
        local.closer = Closer()
        if first == "local":
            nest(locks["a"])

    in_thread(work)
    assert found() == kinds


def test_locked(kind: Any) -> None:
    lock = kind()
    assert lock.locked() is False
    with lock:
        assert lock.locked() is True
    assert lock.locked() is False


def test_enter_and_exit_give_what_threading_gives(kind: Any) -> None:
    for lock in (kind(), RAW[kind]()):
        assert lock.__enter__() is True
        assert lock.__exit__(None, None, None) is None
        assert lock.__enter__() is True
        assert lock.__exit__() is None
        assert lock.acquire() is True
        assert lock.release() is None


def test_exception_in_the_block_frees_the_lock(kind: Any) -> None:
    lock = kind()
    with pytest.raises(ZeroDivisionError), lock:
        _ = 1 / 0
    assert not lock.locked()
    assert fastpath.thread_state().held() == []


@pytest.mark.parametrize("patient", [(1, 2), (0, 2), (0, 1)], ids=str)
def test_a_waiter_that_gives_up_leaves_the_others_in_the_queue(kind: Any, patient: tuple[int, ...]) -> None:
    lock, answers = kind(), {}

    def wait(number: int) -> None:
        answers[number] = lock.acquire(timeout=THREAD_LIMIT if number in patient else 0.05)
        if answers[number]:
            lock.release()

    with lock:
        threads = [threading.Thread(target=wait, args=(number,)) for number in range(3)]
        for number, thread in enumerate(threads):
            thread.start()
            until(lambda arrived=number: lock.waiting + len(answers) == arrived + 1)
        until(lambda: len(answers) == 1)
    for thread in threads:
        thread.join()

    assert answers == {number: number in patient for number in range(3)}
    assert lock.waiting == 0


def until(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.001)


# -- what stands on locks


def test_the_rest_of_threading() -> None:
    event, barrier, semaphore, bounded = Event(), Barrier(2), Semaphore(2), BoundedSemaphore(1)
    assert isinstance(event, threading.Event)
    thread = threading.Thread(target=lambda: (barrier.wait(), event.set()))
    thread.start()
    barrier.wait()
    assert event.wait(THREAD_LIMIT)
    thread.join()
    with semaphore, semaphore:
        assert not semaphore.acquire(False)
    with bounded:
        pass
    with pytest.raises(ValueError, match="Semaphore released too many times"):
        bounded.release()
    with pytest.raises(ValueError, match="semaphore initial value must be >= 0"):
        Semaphore(-1)

    assert found() == []


def test_types_of_the_real_locks_are_known() -> None:
    assert (type(threading.Lock()), type(threading.RLock())) == (RAW_LOCK, RAW_RLOCK)
