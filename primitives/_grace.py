"""Waiting for readers: the sleep of a grace period, and the warning when one lasts too long.

The one who waits holds nothing while it sleeps, can be interrupted, and is woken by the last reader it asked to. At
interpreter exit, when other threads never run again, nobody is waited for any more.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from lockdep import fastpath, runtime
from lockdep.trace import NO_STACK, capture, site
from lockdep.validator.held import held_locks, thread_name

STALL_SECONDS = 21.0  # as rcupdate.rcu_cpu_stall_timeout
DEPTH = 50  # frames in which the place is looked for where a thread entered
SPINS = 100  # rounds that an expedited grace period stays awake

_finalizing = sys.is_finalizing


# Put into by readers, finalizers and handlers: that takes no lock, never waits and never fails. A raw lock that is
# released raises RuntimeError if it is free, and catching that would swallow what a handler raises meanwhile.
Sleep = SimpleQueue[None]


class Parking(Protocol):
    """Where one who waits leaves a queue, for readers to put something into when they are through."""

    def park(self, queue: Sleep) -> None:
        """Have something put into the queue at each change."""

    def unpark(self, queue: Sleep) -> None:
        """Undo park."""


def wait_out(
    parking: Parking,
    ask: Callable[[], Sequence[Any]],
    describe: Callable[[Any], str],
    *,
    name: str,
    stall_after: float = STALL_SECONDS,
    spins: int = 0,
) -> None:
    """Sleep until `ask` returns nobody. Whoever it does return must wake what is parked when it leaves."""
    while spins and ask():
        spins -= 1
        time.sleep(0)
    queue: Sleep = SimpleQueue()
    parking.park(queue)
    try:
        begin = time.monotonic()
        limit = stall_after
        while ask() and not _finalizing():
            try:
                queue.get(timeout=max(0.0, begin + limit - time.monotonic()))
            except Empty:
                report_stall(name, limit, [describe(reader) for reader in ask()])
                limit += stall_after
    finally:
        parking.unpark(queue)


def report_stall(name: str, seconds: float, blockers: list[str]) -> None:
    """Say who has kept a grace period from ending for so long (kernel: rcu_sched_detected_stalls)."""
    if blockers:
        lines = [f"lockdep: {name}: INFO: grace period stalled for {seconds:g} s by:", *blockers]
        runtime.write("\n  ".join(lines) + "\n")


def describe_thread(ident: int, serial: int | None) -> str:
    """Return the name of a thread, and where it took the map of this serial; else where it stands now."""
    frame = sys._current_frames().get(ident)
    now = NO_STACK if frame is None else capture(DEPTH, frame)
    for state in fastpath.threads():
        if state.ident == ident:
            for lock in held_locks(state, now):
                if lock.serial == serial:
                    return f"thread {thread_name(state)}, which entered at {site(lock.stack)}"
    return f"thread {ident}, which is at {site(now)}"


def holders(serial: int) -> list[str]:
    """Return a line for each thread that holds the map of this serial, as far as the validator knows."""
    return [
        describe_thread(state.ident, serial)
        for state in fastpath.threads()
        if any(held == serial for _, held in state.held())
    ]
