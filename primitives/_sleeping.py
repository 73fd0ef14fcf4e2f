"""How a thread sleeps until another one says that something is over: on a WaitQueue of its own, to which that gives.

What is said before the thread sleeps is not lost: the units stay in the queue. While it sleeps, its wait is in the
table of waits, so it is shown, and found if it can never end. What the thread has seen is judged before: the wait may
be the one that never ends.
"""

from __future__ import annotations

from lockdep import fastpath
from lockdep.fastpath.waitqueue import FOREVER, WaitQueue
from lockdep.waits.aims import Aim


def sleep_on(queue: WaitQueue, aim: Aim, timeout: float = FOREVER, signals: bool = False) -> bool:
    """Take a unit of the queue, and wait for one for at most `timeout` seconds; return whether there was one.

    With `signals`, InterruptedError if a signal handler has run (compiled build only). DeadlockError if the wait is
    part of a deadlock, and the option on_deadlock asks for it.
    """
    if queue.take(1):
        return True
    state = fastpath.thread_state()
    if state.waits_calm:
        state.calm()
    entry = fastpath.Wait(state.serial, None, aim, timeout >= 0)
    try:
        entry.publish()
        if timeout >= 0:
            return queue.wait(1, timeout, signals)
        while not queue.wait(1, entry.nap, signals):
            entry.look()
        return True
    finally:
        entry.withdraw()
