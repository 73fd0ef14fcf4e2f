"""threading.Condition: what its waiters wait for. Events, semaphores, barriers and queues are built on it.

Every wait for one of these goes through Condition.wait, and only when it has to block. Who called it says what is
waited for. Cost: about 2 us for each such wait.
"""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable, Sized
from functools import partial
from types import CodeType, FrameType, ModuleType
from typing import Any, ClassVar, NamedTuple

from lockdep import fastpath, runtime
from lockdep.fastpath import NEWS, ThreadState, news_of
from lockdep.patch.attributes import hide
from lockdep.patch.changes import Changes
from lockdep.patch.imports import after_import
from lockdep.patch.joins import wait_as
from lockdep.patch.loops import runs_loop
from lockdep.patch.semaphores import is_resource, note_waiting, take_waiting
from lockdep.patch.starts import begin_stretch, hand_to, is_single_threaded, learn
from lockdep.patch.tracebacks import shorten
from lockdep.patch.units import Units
from lockdep.trace import is_hidden
from lockdep.waits.aims import ANYBODY, CONDITION, EVENT, ITEM, PARTIES, RESULT, ROOM, TASKS, Enders
from lockdep.waits.retries import never_gives_up

UNIT = "a unit of a semaphore"
STARTED = "the start of a thread"
_CALLERS = {
    ("Event", "wait"): EVENT,
    ("Semaphore", "acquire"): UNIT,
    ("Barrier", "_wait"): PARTIES,
    ("Barrier", "_enter"): PARTIES,
    ("Thread", "start"): STARTED,
    ("Queue", "get"): ITEM,
    ("Queue", "put"): ROOM,
    ("Queue", "join"): TASKS,
    ("Future", "result"): RESULT,
    ("Future", "exception"): RESULT,
}
_kinds: dict[int, tuple[str, CodeType]] = {}  # by id: to hash a code costs as much as to compare it
Special = Callable[[FrameType, Any], "Signal | None"]
SPECIAL: dict[CodeType, Special] = {}  # code that waits for more than its condition says, and what makes its Signal


def follow_conditions(changes: Changes) -> None:
    """Replace the methods in which all of them wait, and by which all are signalled."""
    learn_callers(changes, threading)
    after_import(changes, "queue", learn_callers)
    after_import(changes, "concurrent.futures._base", learn_callers)
    hide(changes, threading.Condition)
    follow_waits(changes)
    follow_signals(changes)


def learn_callers(_changes: Changes, module: ModuleType) -> None:
    """Learn by which code of a module one waits for what."""
    for (owner, method), kind in _CALLERS.items():
        found: Any = getattr(getattr(module, owner, None), method, None)
        code = getattr(getattr(found, "__wrapped__", found), "__code__", None)
        if code is not None:
            _kinds[id(code)] = (kind, code)


def follow_signals(changes: Changes) -> None:
    """Replace the method by which all of them are signalled.

    It is no `wrap_method`, which would cost more than the call. What is noted afterwards can keep no signal away. Where
    nobody waits and nothing is new, it is not called: it would do nothing.
    """
    original = threading.Condition.notify

    @functools.wraps(original)
    def notify(self: Any, n: int = 1) -> None:
        news = news_of(self, self._lock, self._waiters)
        if news:
            if self._waiters:
                hand_to(self)
            original(self, n)
        if news == NEWS and changes.in_force and runtime.is_active() and not is_single_threaded():
            runtime.validator().signals(fastpath.thread_state(), self)
            begin_stretch()

    changes.rebind(threading.Condition, "notify", notify)


def follow_waits(changes: Changes) -> None:
    """Replace the method in which all of them wait: a wait is in the table of waits while it lasts.

    One that is part of another wait is not entered.
    """
    original = threading.Condition.wait

    @functools.wraps(original)
    def wait(self: Any, timeout: Any = None) -> bool:
        if not (changes.in_force and runtime.is_active()) or (isinstance(timeout, int | float) and timeout <= 0):
            return original(self, timeout)  # with such a timeout it only tries
        state = fastpath.thread_state()
        outer = fastpath.wait_of(state.serial)
        if outer is not None and outer.lock is None:
            return original(self, timeout)
        caller = caller_of(sys._getframe(1))
        again = None if timeout is None else partial(never_gives_up, caller.frame, caller.kind)
        try:
            return wait_for(signal_of(caller, self), caller.kind, state, lambda: original(self, timeout), again)
        except BaseException as error:
            shorten(error)
            raise

    changes.rebind(threading.Condition, "wait", wait)


def wait_for(
    signal: Signal, kind: str, state: ThreadState, call: Callable[[], bool], again: Callable[[], bool] | None
) -> bool:
    """Call Condition.wait, with the wait in the table; it is judged before. `again` is None if it has no timeout."""
    condition, timed = signal.condition, again is not None
    signal.judge(timed=timed)
    if state.chain.depth and not state.off and kind != STARTED:  # what a new thread does before needs no lock
        if kind != UNIT and fastpath.holds_more(condition._lock):
            note_waiting()
        timed = runtime.validator().waits_for(state, condition, kind, timed=timed, again=again, in_loop=runs_loop())
    answer = wait_as(signal, call, timed=timed)
    if signal.error is not None:
        runtime.validator().gave_up(state, condition)
        raise signal.error
    if answer and kind == CONDITION:
        learn(fastpath.handed_to(condition), "Condition.notify()")
    begin_stretch()
    return answer


class Caller(NamedTuple):
    """Who waits for a condition: the frame of the program, and what it waits for.

    `resource`: somebody has to give that back. `wanted` has the units of a semaphore that a with statement takes.
    """

    frame: FrameType | None
    kind: str
    resource: bool
    wanted: Units | None


def signal_of(caller: Caller, condition: Any) -> Signal:
    """Return what is waited for."""
    special = None if caller.frame is None else SPECIAL.get(caller.frame.f_code)
    signal = None if caller.frame is None or special is None else special(caller.frame, condition)
    if signal is None:
        signal = Signal(caller.kind, caller.resource, condition)
    signal.wanted = caller.wanted
    return signal


class Signal:
    """Something that another thread says by a condition; what a Wait for it waits for.

    `wanted` are the units of a semaphore: they count as held already.
    """

    __slots__ = ("condition", "error", "kind", "resource", "wanted")
    looks: ClassVar[bool] = False  # a nap would lose its place among the waiters, and a signal in between

    def __init__(self, kind: str, resource: bool, condition: Any) -> None:
        self.kind: str = kind
        self.resource: bool = resource
        self.condition: Any = condition
        self.error: Exception | None = None
        self.wanted: Units | None = None

    @property
    def sleepers(self) -> Sized | None:
        """Those who wait for the condition; who is signalled leaves them at once, before it runs again."""
        waiters = getattr(self.condition, "_waiters", None)
        return waiters if isinstance(waiters, Sized) else None

    def ender(self) -> int:
        """Return 0: anybody can signal."""
        return 0

    def enders(self) -> Enders:
        """Return anybody."""
        return ANYBODY

    def interrupt(self, ident: int, error: Exception) -> bool:
        """Wake the thread with this ident, as if it was signalled, and let it raise an error.

        It is taken out of the list of waiters first: if a signal was faster, the thread goes on as usual.
        """
        frame = sys._current_frames().get(ident)
        if frame is None or frame.f_code is not wait_code() or aim_above(frame) is not self:
            return False
        waiter = frame.f_locals.get("waiter")
        try:
            self.condition._waiters.remove(waiter)
        except (AttributeError, ValueError):
            return False
        self.error = error
        frame.f_locals["waiter"].release()
        return True

    def judge(self, *, timed: bool) -> None:
        """Judge that the running thread is about to wait for it: nothing more is known of it."""

    def text(self) -> str:
        """Return what is waited for."""
        return self.kind

    def place(self) -> str:
        """Return where it was made: the name of the lock inside it."""
        lock = self.condition._lock
        return str(lock.entry.lock_class.name) if tracked(lock) else "a condition"


def aim_above(frame: FrameType | None) -> object:
    """Return what the wait is for that this frame is in: the thread may have begun another one meanwhile."""
    while frame is not None and frame.f_code is not wait_as.__code__:
        frame = frame.f_back
    return None if frame is None else frame.f_locals["aim"]


def wait_code() -> object:
    """Return the code of Condition.wait, which may be wrapped."""
    method: Any = threading.Condition.wait
    return getattr(method, "__wrapped__", method).__code__


def tracked(lock: Any) -> bool:
    """Return whether a lock is one of ours that belongs to a class."""
    return isinstance(lock, fastpath.ExclusiveLock) and lock.entry is not fastpath.UNTRACKED


def caller_of(frame: FrameType | None) -> Caller:
    """Return who waits, if this frame calls Condition.wait. Of the frames in libraries, the outermost one counts."""
    kind, resource, wanted = CONDITION, False, None
    while frame is not None:
        known = _kinds.get(id(frame.f_code))
        if known is None and not is_hidden(frame.f_code.co_filename):
            break
        if known is not None:
            kind = known[0]
            resource = is_resource(frame.f_locals.get("self")) if kind == UNIT else resource
        elif frame.f_code is take_waiting.__code__:
            wanted = frame.f_locals["units"]
        frame = frame.f_back
    return Caller(frame, kind, resource, wanted)
