"""The ends of a process that the interpreter has no part in: os._exit, os.exec, and signals that end it.

What would be written at exit is written before. A signal that nothing handles (SIGTERM, SIGHUP, SIGINT if the program
has set that to the default) gets a handler, which the program does not see: `signal.getsignal` says SIG_DFL, and its
own handlers are in charge when it sets some. Then the process ends by the same signal. A second one ends it at once,
unless it is the twin of the first: `timeout`, and whoever signals a process and its group, sends two. One that comes
while the end is being prepared already waits for that.

A process is not ended before its main thread runs Python code or waits: code in C that does neither delays the end. So
does code in C that begins to wait at the very moment: therefore the signal comes again until it is noticed. In the pure
build it does not, and is missed. A child gets these handlers when it has learned something, and until then the signals
end it at once. What comes while a process is being forked waits until the child can take it: CPython forgets what came
before.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import _thread
import os
from collections.abc import Callable
from time import monotonic, sleep
from types import FrameType
from typing import Any, NoReturn

from lockdep import fastpath
from lockdep.contexts import signals
from lockdep.fastpath import ForkMask
from lockdep.forks import at_fork
from lockdep.imports import own_imports
from lockdep.patch.changes import Changes

SIGNALS = tuple(getattr(_signal, name) for name in ("SIGTERM", "SIGHUP", "SIGINT") if hasattr(_signal, name))
FORK_MASK = ForkMask()
FIRST = 1  # the process of a container whose pid is 1 is not ended by a signal that it does not handle
KILLED = 128
TWINS = 0.05  # seconds in which a second signal counts as the same one
Conclude = Callable[[int], int | None]


class _Ending:
    """What this process does at its end; `done` says that it was."""

    conclude: Conclude | None = None
    done = False
    exit: Callable[[int], NoReturn] = staticmethod(os._exit)
    process = 0  # the one that has set this
    thread = 0  # the one that prepares the end now
    awaiting = 0  # the signal that has come meanwhile
    came = -TWINS  # when the last signal did that was no twin
    forks_followed = False


def follow(changes: Changes, *, child: bool = False) -> None:
    """Call what `conclude_by` has set before each such end, until `changes` are taken back.

    A forked child has no end of ours, unless it says so by `conclude_by`. In a child, signals follow by `stand`.
    """
    if os._exit is not exit_now:
        _Ending.exit = os._exit
        changes.rebind(os, "_exit", exit_now)
    if os.getpid() != FIRST:
        if not child:
            stand()
        changes.undo_by(signals.restore_defaults)
        changes.undo_by(let_signals_come)
        FORK_MASK.numbers = sum(1 << number for number in SIGNALS)
        if not _Ending.forks_followed:
            _Ending.forks_followed = True
            at_fork(after_in_child=signals.restore_defaults)
            at_fork(before=FORK_MASK.hold, after_in_parent=FORK_MASK.let, after_in_child=FORK_MASK.let)


def stand() -> None:
    """Have signals that end this process prepare its end. In another thread than the main one, do nothing."""
    if os.getpid() != FIRST:
        signals.stand_for_default(SIGNALS, end_by_signal)


def let_signals_come() -> None:
    """Let signals come to a process that forks as without lockdep."""
    FORK_MASK.numbers = 0


def conclude_by(conclude_: Conclude | None) -> None:
    """Call this with the exit status before the end of this process, once; None: nothing.

    It returns the exit status that is to take the place of the program's own, or None.
    """
    _Ending.conclude = conclude_
    _Ending.process = os.getpid()
    _Ending.done = False


def conclude(status: int, *, going_on: bool = False) -> int | None:
    """Do what is to be done at the end, unless it was done; return the exit status that is to be used, or None.

    With `going_on` the process may not end, since another program that should take its place cannot be started.
    """
    chosen = _Ending.conclude
    if chosen is None or _Ending.done or _Ending.process != os.getpid():
        return None
    _Ending.done = not going_on
    _Ending.thread, _Ending.awaiting = _thread.get_ident(), 0
    try:
        with own_imports():
            return chosen(status)
    finally:
        _Ending.thread = 0
        if _Ending.awaiting:
            end_now(_Ending.awaiting)


def is_over() -> bool:
    """Return whether what is to be done at the end of this process was done, so that it only has to end."""
    return _Ending.done and _Ending.process == os.getpid()


def exit_now(status: int) -> NoReturn:
    """Exit to the system with specified status, without normal exit processing; see os._exit."""
    replaced = None
    if isinstance(status, int):
        try:
            replaced = conclude(status & 0xFF)
        except Exception:  # it has been said; the program wants to end
            pass
    _Ending.exit(status if replaced is None else replaced)


def end_by_signal(number: int, _frame: FrameType | None) -> None:
    """End this process by a signal, as without a handler."""
    fastpath.end_repeat(number)
    if monotonic() - _Ending.came < TWINS:
        return
    _Ending.came = monotonic()
    if _Ending.thread == _thread.get_ident() and not _Ending.awaiting:
        _Ending.awaiting = number
        return
    try:
        sleep(TWINS)
        signals.restore_default(number)
        conclude(KILLED + number)
    except BaseException:
        pass
    end_now(number)


def end_now(number: int) -> None:
    """Have a signal end this process at once."""
    signals.restore_default(number)
    unblock: Any = getattr(_signal, "pthread_sigmask", None)
    if unblock is not None:
        unblock(_signal.SIG_UNBLOCK, (number,))
    os.kill(os.getpid(), number)
