"""Programs about waits and signal handlers, each run by `python -m tests.primitives.signals CASE WAY`.

The main thread waits for a lock that another thread holds. A third thread sends signals until the handler has run: a
signal that comes just before the wait sleeps is only noticed at the next one, as with any lock.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

from tests.patience import THREAD_LIMIT
from tests.primitives.contract import Actor, Adapter, named, until


class Interrupted(BaseException):
    """Raised by the handler, once."""


def send_until(over: threading.Event, lock: Any, waiting: int) -> None:
    until(lambda: lock.statistics().waiting == waiting)
    while not over.wait(0.005):
        os.kill(os.getpid(), signal.SIGUSR1)


def handle(action: Callable[[], object]) -> threading.Event:
    """Install a handler that calls `action` once; return an event that is set when it has run."""
    ran = threading.Event()

    def handler(*_: object) -> None:
        if not ran.is_set():
            ran.set()
            action()

    signal.signal(signal.SIGUSR1, handler)
    return ran


def fail() -> None:
    raise Interrupted


def interrupted(way: Adapter) -> None:
    """An exception from a handler ends the wait, and nothing is lost: the next waiter is served."""
    lock, holder, over = way.make(), Actor(), handle(fail)
    holder.do(way.block or way.take, lock)
    threading.Thread(target=send_until, args=(over, lock, 1)).start()
    try:
        way.take(lock)
    except Interrupted:
        print("interrupted")
    assert lock.statistics().waiting == 0
    holder.do(way.free, lock)
    way.take(lock)
    way.give(lock)


def returned(way: Adapter) -> None:
    """A handler that returns does not end a plain wait."""
    lock, holder = way.make(), Actor()
    holder.do(way.block or way.take, lock)
    over = handle(lambda: holder.begin(way.free, lock))
    threading.Thread(target=send_until, args=(over, lock, 1)).start()
    way.take(lock)
    print("went on")
    way.give(lock)


def interruptible(way: Adapter) -> None:
    """A handler that returns ends an interruptible wait by InterruptedError."""
    assert way.interruptible is not None
    lock, holder, over = way.make(), Actor(), handle(lambda: None)
    holder.do(way.block or way.take, lock)
    threading.Thread(target=send_until, args=(over, lock, 1)).start()
    try:
        way.interruptible(lock)
    except InterruptedError:
        print("InterruptedError")
    holder.do(way.free, lock)
    assert way.try_take(lock)


def on_top(way: Adapter) -> None:
    """A handler takes the lock that its own thread waits for, and the wait below it is served later."""
    lock, holder = way.make(), Actor()
    holder.do(way.block or way.take, lock)

    def nested() -> None:
        releaser = threading.Timer(0.05, holder.begin, (way.free, lock))
        releaser.start()
        way.take(lock)
        print("on top")
        way.give(lock)

    over = handle(nested)
    threading.Thread(target=send_until, args=(over, lock, 1)).start()
    way.take(lock)
    print("below")
    way.give(lock)


def forked(way: Adapter) -> None:
    """In the child of a process with waiters, none of them waits, and the child's thread can give and take."""
    lock, waiter = way.blocked(), Actor()
    waiter.begin(way.take, lock)
    until(lambda: lock.statistics().waiting == 1)
    child = os.fork()
    if child == 0:
        way.free(lock)
        way.take(lock)
        way.give(lock)
        os._exit(7 if lock.statistics().waiting else 0)
    assert os.waitpid(child, 0)[1] == 0
    way.free(lock)
    waiter.result()
    waiter.do(way.give, lock)
    print("both went on")


def forked_on_top(way: Adapter) -> None:
    """A handler forks during a wait: in the child that wait is the only one, and ends when the lock is given back."""
    lock, holder, child = way.make(), Actor(), list[int]()
    holder.do(way.take, lock)

    def fork() -> None:
        child.append(os.fork())
        if child == [0]:
            Actor().begin(lambda: until(lambda: lock.statistics().waiting == 1) or way.give(lock))

    over = handle(fork)
    threading.Thread(target=send_until, args=(over, lock, 1)).start()
    over_in_parent = threading.Thread(target=lambda: over.wait(THREAD_LIMIT) and holder.do(way.give, lock))
    over_in_parent.start()
    way.take(lock)
    if child == [0]:
        os._exit(0)
    assert os.waitpid(child[0], 0)[1] == 0
    print("both went on")


CASES = {case.__name__: case for case in (interrupted, returned, interruptible, on_top, forked, forked_on_top)}

if __name__ == "__main__":
    import faulthandler
    import warnings

    import lockdep

    warnings.filterwarnings("ignore", message=".*fork", category=DeprecationWarning)
    faulthandler.dump_traceback_later(THREAD_LIMIT, exit=True)
    with lockdep.use(lockdep.Validator(lockdep.Options(strict=True))):
        CASES[sys.argv[1]](named(sys.argv[2]))
    faulthandler.cancel_dump_traceback_later()
    print("findings:", *[finding.title for finding in lockdep.findings()], flush=True)
    os._exit(0)  # actors may still wait
