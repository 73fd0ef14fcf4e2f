"""Waiting for a run to end: a dependency on every lock that the run takes.

A run is a thread from its start to its end, or one work item in a thread of a pool. A wait with a timeout is a timed
dependency. threads.py and futures.py find out who waits for what.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lockdep import fastpath, runtime
from lockdep.graph.runs import Run

BRIEFLY = 0.05  # seconds of a wait before it is judged
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


def wait_judging(run: Run, wait: Callable[[float | None], Any], goes_on: Callable[[], bool], timeout: Any) -> None:
    """Wait for a run while this thread holds locks. If that lasts, it is judged before it goes on: it may never end.

    `wait(seconds)` waits, None is without a limit; `goes_on()` says whether the run has not ended.
    """
    state, validator = fastpath.thread_state(), runtime.validator()
    waiter = validator.waiter(state, timed=timeout is not None)
    try:
        if waiter is not None:
            run.waiters.append(waiter)
        wait(BRIEFLY if timeout is None else min(timeout, BRIEFLY))
        if (timeout is None or timeout > BRIEFLY) and goes_on():
            validator.stuck(state, run, timed=timeout is not None)
            wait(None if timeout is None else timeout - BRIEFLY)
    finally:
        if waiter in run.waiters:
            run.waiters.remove(waiter)


def timeout_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return the argument `timeout` of a method that has no other."""
    return args[0] if args else kwargs.get("timeout")
