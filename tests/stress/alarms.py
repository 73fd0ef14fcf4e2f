"""The 1 kHz timer: a one-shot, re-armed as the handler's last act, whose handler takes locks and sometimes interrupts.

KeyboardInterrupt is raised only where Python itself cannot lose a lock to it, or raw locks would not survive either:

* in functions of the storm itself, which hold locks by `with` alone: the Python functions of Condition or of a pure
  build can be cut off between taking a lock and saying so;
* from 3.14 on not at the call of __enter__, after which the interpreter looks for signals before the with block begins;
  except when that lock is known to be not owned yet, which is when the thread is blocked in it.
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
RAISE_EVERY = 5  # handlers that found an interruptible frame

Function = TypeVar("Function", bound=Callable[..., Any])

entries: dict[int, frozenset[int]] = {}  # id of an interruptible code object -> offsets where it calls __enter__


def interruptible(function: Function) -> Function:
    """Allow KeyboardInterrupt in the frames of this function. It may hold locks by `with` only."""
    entries[id(function.__code__)] = frozenset(enter_calls(function.__code__))
    return function


def enter_calls(code: CodeType) -> list[int]:
    """Return the offsets of the calls that follow a load of __enter__: none before 3.14."""
    return [
        after.offset
        for before, after in pairwise(dis.get_instructions(code))
        if before.opname == "LOAD_SPECIAL" and "__enter__" in before.argrepr
    ]


class Alarms:
    """Owns SIGALRM while it runs; counters are written by the main thread only."""

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
    """Wait for the contended lock, and let go of it."""
    with locks.contended:
        pass


assert sys.version_info < (3, 14) or entries[id(block.__code__)], "the call of __enter__ was not recognised"
