"""Signals: each Python handler runs in the SIGNAL state, in the main thread, between any two bytecodes of it.

`follow` puts a callable of ours around each handler: around those that are installed already, and around those that
`signal.signal` installs later. `signal.signal` and `signal.getsignal` return the program's own objects nevertheless.
While there is such a handler, locks that the main thread takes count as taken with signals on. A callback of an event
loop's `add_signal_handler` is no handler: it runs between other callbacks.

A signal is off in the main thread while that blocks it, if it is the only thread: else another thread takes the signal,
and the handler runs in the main thread nevertheless. What is taken meanwhile is judged by the other signals.

Cost: about 0.1 us for each signal.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import _thread
import threading
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from lockdep import fastpath
from lockdep.blame import code_of
from lockdep.fastpath import Handler
from lockdep.fastpath._build import in_subinterpreter
from lockdep.forks import at_fork
from lockdep.vocabulary.context import Context, Scene
from lockdep.vocabulary.states import SIGNAL

LOOPS_OWN = "_sighandler_noop"  # what asyncio installs for the sake of set_wakeup_fd


class Undoes(Protocol):
    """What remembers how a change of the program is undone; see lockdep.patch.changes."""

    def undo_by(self, undo: Callable[[], None]) -> None:
        """Call `undo` when the changes are taken back."""


class _Signals:
    """What this process has: the signals with a handler of ours, and the functions that ours stand for."""

    handled: set[int] = set()  # noqa: RUF012 - one process, one set
    originals: dict[str, Any] = {}  # noqa: RUF012
    blocked: frozenset[int] = frozenset()  # those of them that could not come when `refresh` looked
    in_force = False
    forks_followed = False
    stand_ins: dict[int, Any] = {}  # noqa: RUF012 - what is called where the default action would end the process


def follow(changes: Undoes) -> None:
    """Put ours around all handlers until `changes` are taken back.

    Only the main thread can change handlers. If another one calls this, it is done for those that come later.
    """
    if in_subinterpreter():
        return  # no handler ever runs there
    _Signals.in_force = True
    if not _Signals.originals:
        for module, function in replaced():
            name = function.__name__
            _Signals.originals[name] = getattr(module, name)
            setattr(module, name, function)
    if not _Signals.forks_followed:
        _Signals.forks_followed = True
        at_fork(after_in_child=in_child)
    changes.undo_by(leave)
    if is_main():
        for number in _signal.valid_signals():
            if is_program(handler := _Signals.originals["getsignal"](number)):
                _Signals.originals["signal"](number, guarded(number, handler))
                _Signals.handled.add(number)
        refresh()


def leave() -> None:
    """Take ours away again. Another thread cannot: then they stay, and change nothing that is seen."""
    _Signals.in_force = False
    if not is_main():
        return
    restore_defaults()
    for number in _Signals.handled:
        if isinstance(handler := _Signals.originals["getsignal"](number), Handler):
            _Signals.originals["signal"](number, handler.handler)
    _Signals.handled.clear()
    refresh()
    for module, function in replaced():
        if getattr(module, function.__name__) is function:
            setattr(module, function.__name__, _Signals.originals[function.__name__])
    _Signals.originals.clear()


# What stands in _signal and _thread in place of the functions of these names; the module `signal` looks them up there.


def replaced() -> tuple[tuple[Any, Any], ...]:
    """Return the functions that stand in place of others, each with the module of these."""
    return (_signal, signal), (_signal, getsignal), (_signal, pthread_sigmask), (_thread, interrupt_main)


def signal(signalnum: int, handler: Any, /) -> Any:
    """Set the action for a signal; see signal.signal."""
    ours = guarded(signalnum, handler) if _Signals.in_force and is_program(handler) else in_place_of(signalnum, handler)
    old = install(signalnum, ours)
    (_Signals.handled.add if isinstance(ours, Handler) else _Signals.handled.discard)(signalnum)
    refresh()
    return seen(old)


def getsignal(signalnum: int, /) -> Any:
    """Return the current action for a signal; see signal.getsignal."""
    return seen(_Signals.originals["getsignal"](signalnum))


def pthread_sigmask(how: int, mask: Any, /) -> Any:
    """Fetch or change the signal mask of this thread; see signal.pthread_sigmask."""
    try:
        return _Signals.originals["pthread_sigmask"](how, mask)
    finally:
        refresh()


def interrupt_main(signum: int = _signal.SIGINT, /) -> None:
    """Simulate the arrival of a signal; see _thread.interrupt_main. The default action does nothing then."""
    number = signum if isinstance(signum, int) else None
    if number not in _Signals.stand_ins or not is_stand_in(_Signals.originals["getsignal"](number)):
        _Signals.originals["interrupt_main"](signum)


def seen(handler: Any) -> Any:
    """Return what the program is to see in place of a handler."""
    if isinstance(handler, Handler):
        return handler.handler
    return _signal.SIG_DFL if is_stand_in(handler) else handler


# Where a signal would end the process


def stand_for_default(numbers: Iterable[int], action: Callable[[int, Any], None]) -> None:
    """Have `action` called where nothing handles these signals, until `restore_defaults`.

    Only the main thread can do this; then the program can set them to the default as well, and gets the same. It sees
    SIG_DFL.
    """
    if not _Signals.originals or not is_main():
        return
    for number in numbers:
        _Signals.stand_ins[number] = action
        if is_default(_Signals.originals["getsignal"](number)):
            install(number, action)


def install(number: Any, handler: Any) -> Any:
    """Set the action for a signal. One that stands for the end of the process comes again until it is noticed."""
    old = _Signals.originals["signal"](number, handler)
    fastpath.end_repeat(number)
    if is_stand_in(handler):
        fastpath.repeat_signal(number)
    return old


def restore_defaults() -> None:
    """Have no such signal handled any more."""
    for number in list(_Signals.stand_ins):
        restore_default(number)


def restore_default(number: int) -> None:
    """Have one such signal end the process at once, if nothing else handles it."""
    action = _Signals.stand_ins.pop(number, None)
    original = _Signals.originals or vars(_signal)
    if action is not None and is_main() and original["getsignal"](number) is action:
        fastpath.end_repeat(number)
        original["signal"](number, _signal.SIG_DFL)


def in_place_of(number: Any, handler: Any) -> Any:
    """Return what to install where the program installs `handler`, which is none of its functions."""
    return _Signals.stand_ins.get(number, handler) if _Signals.in_force and is_default(handler) else handler


def is_stand_in(handler: Any) -> bool:
    return any(handler is one for one in _Signals.stand_ins.values())


def is_default(handler: Any) -> bool:
    return type(handler) is int and handler == _signal.SIG_DFL


def is_program(handler: Any) -> bool:
    """Return whether a handler runs code of the program that could take locks."""
    if handler is _signal.default_int_handler or isinstance(handler, Handler) or not callable(handler):
        return False
    if is_stand_in(handler):
        return False
    return getattr(handler, "__name__", "") != LOOPS_OWN


def guarded(number: int, handler: Any) -> Handler:
    """Return ours around a handler of this signal."""
    context = Context()
    context.enter(SIGNAL, SIGNAL.wait)
    context.signal = number if isinstance(number, int) else 0  # what else it may be is refused by signal.signal
    context.handler = f"the handler of {name_of(number)}"
    context.code = code_of(handler)
    return Handler(handler, context.scene())


def name_of(number: object) -> str:
    """Return the name of a signal, SIGTERM."""
    for name, value in vars(_signal).items():
        if name.startswith("SIG") and name[3] != "_" and value == number:
            return str(name)
    return f"signal {number}"


def is_main() -> bool:
    """Return whether this is the thread in which handlers run."""
    return threading.main_thread().ident == _thread.get_ident()


def refresh() -> None:
    """Note whether handlers can interrupt the main thread from now on, which is the running one."""
    if not is_main():
        return
    state, blocked = fastpath.thread_state(), blocked_now() if _Signals.handled else _Signals.blocked
    wanted = not _Signals.handled <= blocked
    if wanted and (not fastpath.exposed() or blocked != _Signals.blocked):
        fastpath.expose(state, ordinary(blocked), partly=bool(blocked))
    elif fastpath.exposed() and not wanted:
        fastpath.conceal(state)
    if state.running >= -1:  # else it is looked at again after the handler
        _Signals.blocked = blocked


def blocked_now() -> frozenset[int]:
    """Return the signals that have handlers and are blocked, in the only thread. Cost: a system call."""
    if _thread._count():
        return frozenset()
    return frozenset(_Signals.handled) & frozenset(_Signals.originals["pthread_sigmask"](_signal.SIG_BLOCK, ()))


def in_child() -> None:
    """Let handlers interrupt the only thread of a child, if that is another one than in the parent."""
    if fastpath.exposed() and fastpath.thread_state().running > 0:
        fastpath.conceal(fastpath.thread_state())
    refresh()


def ordinary(blocked: frozenset[int]) -> Scene:
    """Return the context of ordinary code that the handlers of all signals but these can interrupt."""
    context = Context()
    context.switch_on(SIGNAL)
    context.blocked = blocked
    return context.scene()
