"""Waiting for readers: the wait of a grace period, and the warning when one lasts too long.

A thread that waits for a grace period holds no lock while it sleeps, can be interrupted by signal handlers, and is
woken by the last reader it waits for. At interpreter exit, when other threads never run again, the wait ends at once.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from lockdep import fastpath, runtime
from lockdep.trace import NO_STACK, capture, site
from lockdep.waits.held import held_by, thread_name

STALL_SECONDS = 21.0  # the kernel's default for rcupdate.rcu_cpu_stall_timeout
DEPTH = 50  # how many frames of a thread are searched for where it entered
SPINS = 100  # rounds that an expedited grace period polls before it sleeps

_finalizing = sys.is_finalizing


# What a waiting thread sleeps on. Readers, finalizers and signal handlers wake it by put(), which takes no lock, never
# waits and never fails. A raw lock would not do: releasing a free one raises RuntimeError, and catching that could
# swallow an exception from a signal handler.
WakeQueue = SimpleQueue[None]


class ReaderDomain(Protocol):
    """A domain whose readers wake waiting threads by putting something into their queues."""

    def park(self, queue: WakeQueue) -> None:
        """Put something into `queue` at each change from now on."""

    def unpark(self, queue: WakeQueue) -> None:
        """Undo park."""


def wait_out(
    domain: ReaderDomain,
    ask: Callable[[], Sequence[Any]],
    describe: Callable[[Any], str],
    *,
    name: str,
    stall_after: float = STALL_SECONDS,
    spins: int = 0,
) -> None:
    """Wait until `ask` returns no more readers.

    Each reader that `ask` returns must put something into the parked queues when it leaves. `describe` returns a line
    about a reader for the warning, which is printed every `stall_after` seconds. `spins` is how many times to poll
    before sleeping.
    """
    while spins and ask():
        spins -= 1
        time.sleep(0)
    queue: WakeQueue = SimpleQueue()
    domain.park(queue)
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
        domain.unpark(queue)


def report_stall(name: str, seconds: float, blockers: list[str]) -> None:
    """Print which readers have kept a grace period from ending for `seconds` (kernel: rcu_sched_detected_stalls)."""
    if blockers:
        lines = [f"lockdep: {name}: INFO: grace period stalled for {seconds:g} s by:", *blockers]
        runtime.write("\n  ".join(lines) + "\n")


def describe_thread(ident: int, serial: int | None) -> str:
    """Return a line about a thread: its name, and where it took the lock with this serial or, if unknown, where it is
    now.
    """
    frame = sys._current_frames().get(ident)
    now = NO_STACK if frame is None else capture(DEPTH, frame)
    for state in fastpath.threads():
        if state.ident == ident:
            for lock in held_by(state, now):
                if lock.serial == serial:
                    return f"thread {thread_name(state)}, which entered at {site(lock.stack)}"
    return f"thread {ident}, which is at {site(now)}"


def holders(serial: int) -> list[str]:
    """Return a line for each thread that holds the lock with this serial, as far as the validator knows."""
    return [
        describe_thread(state.ident, serial)
        for state in fastpath.threads()
        if any(held == serial for _, held in state.held())
    ]
