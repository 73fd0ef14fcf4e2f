"""Waiting for a run to end: a dependency on every lock that the run takes.

A run is a thread from its start to its end, or one work item in a thread of a pool. A wait with a timeout is a timed
dependency. threads.py and futures.py find out who waits for what.
"""

from __future__ import annotations

from typing import Any

from lockdep import fastpath, runtime
from lockdep.graph.runs import Run

RUN = "_lockdep_run"  # the attribute of a Thread or a Future that holds its run


def joined(run: Run, *, timed: bool) -> None:
    """Tell the validator that the current thread has waited for a run, which has ended."""
    if runtime.is_active():
        validator = runtime.validator()
        validator.collect()
        state = fastpath.thread_state()
        if state.chain.depth:  # who holds nothing waits safely, and that is the common case
            validator.joined(state, run, timed=timed)


def timeout_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return the argument `timeout` of a method that has no other."""
    return args[0] if args else kwargs.get("timeout")
