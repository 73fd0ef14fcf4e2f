"""Forks amid the storm: the child takes locks and goes; the parent waits for it, but not for ever."""

from __future__ import annotations

import os
import select
import signal
import threading
import traceback
from collections.abc import Callable

from tests.patience import THREAD_LIMIT
from tests.stress import subject
from tests.stress.locks import Locks, interrupt


def fork_once(locks: Locks, kind: subject.Kind) -> str | None:
    """Fork, and return what went wrong, if anything.

    The gate is held across the fork: the child's finalizers need it, and no other thread lives there to give it back.
    """
    end, child_end = os.pipe()
    with locks.gate:
        pid = os.fork()
        if pid == 0:
            exit_with(lambda: be_child(locks, kind))
    os.close(child_end)
    return reap(pid, end)


def be_child(locks: Locks, kind: subject.Kind) -> int:
    """Take what no other thread can have held at the fork, try the rest, make new locks."""
    for number in range(6):
        interrupt(locks, number)
    for lock in locks.ordered:
        if lock.acquire(blocking=False):
            lock.release()
    with threading.Lock(), threading.RLock(), locks.gate:
        pass
    return 0 if subject.held_here(kind) <= 1 else 3  # the gate, held since before the fork


def exit_with(body: Callable[[], int]) -> None:
    """End this process with what body returns, whatever happens in it."""
    code = 1
    try:
        code = body()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def reap(pid: int, end: int) -> str | None:
    """Wait until the child has closed its end of the pipe by exiting; have it dump its stacks if it does not."""
    hung = not select.select([end], [], [], THREAD_LIMIT)[0]
    if hung:
        os.kill(pid, signal.SIGABRT)
    os.close(end)
    status = os.waitpid(pid, 0)[1]
    if hung:
        return "a forked child hung"
    return f"a forked child ended with status {status}" if status else None
