"""Forks during the storm: the child takes some locks and exits; the parent waits for it, for a limited time."""

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

    The caller's thread holds the gate across the fork. The child's finalizers need the gate, and a thread that held it
    in the parent would not exist in the child to release it.
    """
    end, child_end = os.pipe()
    with locks.gate:
        pid = os.fork()
        if pid == 0:
            exit_with(lambda: be_child(locks, kind))
    os.close(child_end)
    return reap(pid, end)


def be_child(locks: Locks, kind: subject.Kind) -> int:
    """Take the locks that no other thread can have held at the fork, try the others, and make new ones."""
    for number in range(6):
        interrupt(locks, number)
    for lock in locks.ordered:
        if lock.acquire(blocking=False):
            lock.release()
    with threading.Lock(), threading.RLock(), locks.gate:
        pass
    return 0 if subject.held_here(kind) <= 1 else 3  # one: the gate, held since before the fork


def exit_with(body: Callable[[], int]) -> None:
    """Exit with the status that body returns, or with 1 if it raises."""
    code = 1
    try:
        code = body()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def reap(pid: int, end: int) -> str | None:
    """Wait until the child exits, which closes its end of the pipe. If it does not, make it dump its stacks."""
    hung = not select.select([end], [], [], THREAD_LIMIT)[0]
    if hung:
        os.kill(pid, signal.SIGABRT)
    os.close(end)
    status = os.waitpid(pid, 0)[1]
    if hung:
        return "a forked child hung"
    return f"a forked child ended with status {status}" if status else None
