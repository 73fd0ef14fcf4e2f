"""Waiting for a run to end: a dependency on every lock that the run takes.

A run is a thread from its start to its end, or one work item in a thread of a pool. A wait with a timeout is a timed
dependency. threads.py and futures.py find out who waits for what.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from lockdep import fastpath, runtime
from lockdep.fastpath import ThreadState
from lockdep.graph.runs import Run
from lockdep.waits.aims import Aim, RunAim

BRIEFLY = 0.05  # seconds of a wait before it is judged
T = TypeVar("T")
Wait = Callable[[float | None], Any]
MADE = "_lockdep_made"  # the attribute of a Thread or a pool that says where it was made
RUN = "_lockdep_run"  # the attribute of a Thread or a Future that holds its run


def joined(run: Run, *, timed: bool) -> None:
    """Tell the validator that the current thread has waited for a run, which has ended."""
    if runtime.is_active():
        state = fastpath.thread_state()
        if state.chain.depth:  # who holds nothing waits safely, and that is the common case
            runtime.validator().joined(state, run, timed=timed)


def collect_ended(run: Run) -> None:
    """Judge what the thread of a run has seen, which has ended, and other threads that have ended."""
    if runtime.is_active():
        validator, waited_for = runtime.validator(), fastpath.find_thread(run.serial)
        if waited_for is not None:  # it is still being torn down
            validator.judge_other(waited_for)
        validator.collect_ended()


def remember_ended(run: Run, sort: Hashable) -> None:
    """Remember what a run has taken that has ended: what is of this sort may take the same."""
    if sort is not None and runtime.is_active():
        runtime.validator().rules.remember(run, sort)


def wait_judging(aim: RunAim, wait: Wait, goes_on: Callable[[], bool], timeout: Any) -> None:
    """Wait for a run. A wait that lasts is judged before it goes on, and between naps: it may never end.

    `wait(seconds)` waits, None is without a limit; `goes_on()` says whether the run has not ended. Raises DeadlockError
    if the wait will never end and the option on_deadlock asks for it.
    """
    state = fastpath.thread_state()
    entry = fastpath.Wait(state.serial, None, aim, timeout is not None)
    try:
        entry.publish()
        if state.chain.depth:
            wait_holding(state, entry, aim, wait, goes_on, timeout)
        else:
            wait_on(entry, wait, goes_on, timeout)
    finally:
        entry.withdraw()


def wait_holding(
    state: ThreadState, entry: fastpath.Wait, aim: RunAim, wait: Wait, goes_on: Callable[[], bool], timeout: Any
) -> None:
    """Wait while this thread holds locks: what the run has taken is judged after a moment, what it takes then at once.

    The run learns who waits for it.
    """
    validator, run, timed = runtime.validator(), aim.run, timeout is not None
    waiter = validator.waiter(state, timed=timed)
    try:
        if waiter is not None and run is not None:
            run.waiters.append(waiter)
        wait(BRIEFLY if timeout is None else min(timeout, BRIEFLY))
        if timed and timeout <= BRIEFLY:
            return
        if goes_on() and (begun := aim.run) is not None:
            validator.stuck(state, begun, timed=timed)
        wait_on(entry, wait, goes_on, timeout - BRIEFLY if timed else None)
    finally:
        if run is not None and waiter in run.waiters:
            run.waiters.remove(waiter)


def wait_on(entry: fastpath.Wait, wait: Wait, goes_on: Callable[[], bool], timeout: Any) -> None:
    """Wait to the end, with a look between naps if there is no timeout."""
    if timeout is not None:
        wait(timeout)
        return
    while goes_on():
        wait(entry.nap)
        if goes_on():
            entry.look()


def wait_as(aim: Aim, call: Callable[[], T], *, timed: bool) -> T:
    """Return what a call returns that waits; the wait is in the table meanwhile."""
    entry = fastpath.Wait(fastpath.thread_state().serial, None, aim, timed)
    try:
        entry.publish()
        return call()
    finally:
        entry.withdraw()


def timeout_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return the argument `timeout` of a method that has no other."""
    return args[0] if args else kwargs.get("timeout")
