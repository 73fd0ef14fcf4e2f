"""The seam to the validator: each hook is called where the protocol says, and nothing breaks without a validator.

A situation is a generator: what it does before the yield is validated; what it does after that meets NoHooks.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest

import lockdep
from lockdep import fastpath, runtime, trace
from lockdep.fastpath import DepMap, Hooks, NoHooks
from lockdep.graph.classes import registry
from lockdep.graph.runs import Run
from lockdep.threading import Lock, RLock
from lockdep.validator.validator import Validator
from tests.leftovers import drop_held
from tests.worlds import in_thread, nest, world

HOOKS = sorted(name for name, value in vars(Hooks).items() if inspect.isfunction(value) and not name.startswith("_"))
Situation = Generator[None]


class Recorded(NoHooks):
    """NoHooks, and the names of those that were called."""

    def __init__(self) -> None:
        self.called: list[str] = []

    def __getattribute__(self, name: str) -> Any:
        if name in HOOKS:
            self.called.append(name)
        return super().__getattribute__(name)


@pytest.fixture(autouse=True)
def validator() -> Iterator[Validator]:
    with world() as validator:
        yield validator


def judge() -> Situation:
    outer, inner = Lock(), Lock()
    yield
    nest(outer, inner)
    assert not outer.locked()


def recursion() -> Situation:
    lock = Lock()
    lock.acquire()
    yield
    assert not lock.acquire(timeout=0.001)
    lock.release()


def hopeless() -> Situation:
    dep_map = DepMap("hopeless")
    dep_map.acquired(None)
    yield
    dep_map.acquire()
    dep_map.release()


def awaited() -> Situation:
    lock = Lock()
    lock.acquire()
    yield

    def wait() -> None:
        run = Run(str, str, 0)
        run.waiters.append(object())  # type: ignore[arg-type]  # nobody asks who it is
        outer = fastpath.thread_state().begin_run(run)
        assert not lock.acquire(timeout=0.1)
        fastpath.thread_state().end_run(outer)

    in_thread(wait)
    lock.release()


class Thread:
    """A thread that waits for the running one, as something to wait for."""

    def __init__(self, serial: int) -> None:
        self.serial = serial

    def ender(self) -> int:
        return self.serial


def deadlocked() -> Situation:
    mine, other = fastpath.thread_state().serial, fastpath.new_serial()
    waits = [fastpath.Wait(other, None, Thread(mine), False), fastpath.Wait(mine, None, Thread(other), False)]
    yield
    for wait in waits:
        wait.publish()
    waits[1].look()
    for wait in waits:
        wait.withdraw()


def waiting_on() -> Situation:
    wait = fastpath.Wait(fastpath.thread_state().serial, None, Thread(0), False)
    yield
    wait.publish()
    wait.look()
    wait.withdraw()
    assert fastpath.waits() == []


def misuse() -> Situation:
    lock, rlock = Lock(), RLock()
    yield
    with pytest.raises(RuntimeError, match="release unlocked lock"):
        lock.release()
    with pytest.raises(RuntimeError, match="cannot release un-acquired lock"):
        rlock.release()


def unnested() -> Situation:
    parent, child = Lock("parent"), Lock("child")
    parent.acquire()
    child.lock_as(nest=parent)
    yield
    parent.release()
    assert child.locked()
    child.release()


def subclass() -> Situation:
    lock = Lock()
    yield
    assert lock.lock_as(subclass=99)
    lock.release()


def reinitialised() -> Situation:
    lock = Lock()
    lock.acquire()
    yield
    lock.init()
    nest(lock)  # the holder is told, and notices it at its next acquisition
    assert not lock.locked()


def pinned_release() -> Situation:
    lock = Lock()
    lock.acquire()
    lockdep.pin(lock)
    yield
    lock.release()
    assert not lock.locked()


def signalled() -> Situation:
    event, lock = DepMap("event"), Lock()
    with lock:
        yield
        event.signal()


def contended() -> Situation:
    fastpath.switch_stat(True)
    lock = Lock()
    lock.acquire()
    yield
    results: list[bool] = []
    in_thread(lambda: results.append(lock.acquire(timeout=0.001)))
    assert results == [False]
    lock.release()
    fastpath.switch_stat(False)


def name_of() -> Situation:
    fastpath.switch_stat(True)
    fastpath.trace_events(10)
    lock = Lock()
    yield

    def hold() -> None:
        with lock:
            pass

    in_thread(hold)
    assert len(fastpath.trace_events(0)) <= 1  # none if nothing is tracked
    fastpath.switch_stat(False)


SITUATIONS: dict[str, Callable[[], Situation]] = {
    situation.__name__: situation
    for situation in (
        judge, awaited, deadlocked, waiting_on, recursion, hopeless, misuse, unnested, subclass, reinitialised,
        pinned_release, signalled,
        contended, name_of,
    )
}  # fmt: skip


def test_there_is_a_situation_for_each_hook() -> None:
    assert sorted(SITUATIONS) == HOOKS
    assert all(name in vars(NoHooks) for name in HOOKS)


@pytest.mark.parametrize("hook", HOOKS)
def test_the_fast_path_calls_it_and_goes_on_without_an_answer(validator: Validator, hook: str) -> None:
    """As in a thread that is in the middle of an acquisition when the validator is taken out of force."""
    hooks = Recorded()
    situation = SITUATIONS[hook]()
    next(situation)
    settings = fastpath.Settings(locate=registry.locate, ours=trace.OURS, room=1000, patience=0.001)
    fastpath.connect(validator.root, hooks, settings)

    assert next(situation, "over") == "over"

    assert hook in hooks.called
    assert drop_held() == []


@pytest.mark.parametrize("hook", HOOKS)
def test_nothing_is_raised_after_uninstalling(hook: str) -> None:
    situation = SITUATIONS[hook]()
    next(situation)
    runtime.deactivate()

    assert next(situation, "over") == "over"

    assert drop_held() == []


@pytest.mark.parametrize("hook", HOOKS)
def test_nothing_is_raised_while_nothing_was_ever_tracked(hook: str) -> None:
    runtime.deactivate()

    assert list(SITUATIONS[hook]()) == [None]


# -- interrupts


def test_interrupts_are_called_in_order_until_each_is_undone() -> None:
    calls: list[str] = []

    def note(name: str) -> bool:
        calls.append(name)
        return False

    undo = [fastpath.interrupt_with(functools.partial(note, name)) for name in "ab"]
    lock = Lock()

    def operate() -> str:
        calls.clear()
        state = fastpath.thread_state()
        state.pending = True
        state.mark()
        with lock:
            assert not state.pending
        return "".join(calls)

    assert operate() == "ab"
    undo[0]()
    undo[0]()  # twice is as good as once
    assert operate() == "b"
    undo[1]()
    assert operate() == ""


def test_an_interrupt_is_called_again_while_it_has_something_pending() -> None:
    left = [True, False]
    undo = fastpath.interrupt_with(lambda: left.pop(0))
    state = fastpath.thread_state()
    state.pending = True
    for _ in range(2):
        state.mark()
        with Lock():
            pass
    undo()

    assert (left, state.pending) == ([], False)


def test_an_exception_leaves_the_later_interrupts_pending() -> None:
    def fail() -> bool:
        raise KeyError("interrupt")

    calls: list[str] = []

    def note() -> bool:
        calls.append("later")
        return False

    undo, undo_other = fastpath.interrupt_with(fail), fastpath.interrupt_with(note)
    lock = Lock()
    state = fastpath.thread_state()
    state.pending = True
    state.mark()
    with pytest.raises(KeyError):
        lock.acquire()
    assert (lock.locked(), calls) == (False, [])
    undo()
    with lock:
        pass
    undo_other()

    assert calls == ["later"]
