"""A 1 kHz timer whose handler takes locks and sometimes raises KeyboardInterrupt. The handler restarts the timer last.

KeyboardInterrupt is raised only where it cannot make Python itself lose track of a lock, because raw locks would not
survive that either:

* The interrupted frame belongs to a function of the storm that holds locks by `with` alone. The Python functions of
  Condition, or of a pure build, can be interrupted after they took a lock and before they recorded it.
* From 3.14 on, the frame is not at the call of __enter__: the interpreter checks for signals between that call and the
  first instruction of the with block. The exception is a thread that is blocked in __enter__: it has no lock yet.
"""

from __future__ import annotations

import dis
import signal
import sys
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from types import CodeType, FrameType
from typing import Any, TypeVar

from tests.stress.locks import Locks, interrupt

PERIOD = 0.001
RAISE_EVERY = 5  # of those handlers that find an interruptible frame, one in five raises

Function = TypeVar("Function", bound=Callable[..., Any])

entries: dict[int, frozenset[int]] = {}  # id of an interruptible code object -> offsets where it calls __enter__


def interruptible(function: Function) -> Function:
    """Allow KeyboardInterrupt in the frames of the function, which must take locks by `with` only."""
    entries[id(function.__code__)] = frozenset(enter_calls(function.__code__))
    return function


def enter_calls(code: CodeType) -> list[int]:
    """Return the offsets of the calls of __enter__. There are none before 3.14, which calls it in another way."""
    return [
        after.offset
        for before, after in pairwise(dis.get_instructions(code))
        if before.opname == "LOAD_SPECIAL" and "__enter__" in before.argrepr
    ]


class Alarms:
    """The timer. It uses SIGALRM; only the main thread writes its counters."""

    def __init__(self, locks: Locks) -> None:
        self.locks = locks
        self.running = False
        self.handled = self.raised = self.raised_blocked = 0
        self.eligible = Counter[bool]()

    def start(self) -> None:
        self.running = True
        signal.signal(signal.SIGALRM, self.handle)
        signal.setitimer(signal.ITIMER_REAL, PERIOD)

    def stop(self) -> None:
        self.running = False
        signal.setitimer(signal.ITIMER_REAL, 0)

    def handle(self, _signum: int, frame: FrameType | None) -> None:
        self.handled += 1
        interrupt(self.locks, self.handled)
        raising = self.running and frame is not None and self.may_raise(frame)
        if self.running:
            signal.setitimer(signal.ITIMER_REAL, PERIOD)
        if raising:
            raise KeyboardInterrupt

    def may_raise(self, frame: FrameType) -> bool:
        calls = entries.get(id(frame.f_code))
        if calls is None:
            return False
        blocked = frame.f_code is block.__code__ and not self.locks.contended._is_owned()
        if frame.f_lasti in calls and not blocked:
            return False
        self.eligible[blocked] += 1
        if self.eligible[blocked] % RAISE_EVERY:
            return False
        self.raised += 1
        self.raised_blocked += blocked
        return True


@interruptible
def block(locks: Locks) -> None:
    """Take the contended lock, for which the caller will have to wait, and release it."""
    with locks.contended:
        pass


assert sys.version_info < (3, 14) or entries[id(block.__code__)], "the call of __enter__ was not recognised"
