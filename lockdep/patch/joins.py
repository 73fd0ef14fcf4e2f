"""Waiting for a thread, a future or an executor is a dependency on every lock that it takes.

The methods are wrapped by hand, and unwrapped by `undo`. A thread is a run from start to end; a work item is a run of
its own inside its pool's thread. A wait with a timeout is a timed dependency. A future that the waiting thread
already knew to be done is no wait: one that `done()` said so of, that `wait` or `as_completed` handed over, or whose
callback is running.
"""

from __future__ import annotations

import functools
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

from lockdep import fastpath, runtime, trace
from lockdep.graph import naming
from lockdep.graph.runs import Run

Undo = Callable[[], None]
DONE = ("FINISHED", "CANCELLED_AND_NOTIFIED")
_MADE, _RUN, _SEEN = "_lockdep_made", "_lockdep_run", "_lockdep_seen"


def wrap(owner: Any, name: str, make: Callable[[Any], Any], undo: list[Undo]) -> None:
    """Replace owner.name by make(original), and note how to take that back."""
    inherited = name not in vars(owner)  # gevent's Thread inherits what it does not change
    original = getattr(owner, name)
    setattr(owner, name, functools.wraps(original)(make(original)))
    undo.append(lambda: delattr(owner, name) if inherited else setattr(owner, name, original))


def patch_threads(undo: list[Undo]) -> None:
    """Follow Thread: where it is made, what it takes, who waits for it."""
    wrap(threading.Thread, "__init__", remember_maker, undo)
    wrap(threading.Thread, "_bootstrap_inner", follow_thread, undo)
    wrap(threading.Thread, "join", follow_join, undo)


def patch_futures(base: Any, thread: Any, undo: list[Undo]) -> None:
    """Follow concurrent.futures: `base` and `thread` are its _base and thread modules."""
    wrap(thread._WorkItem, "run", follow_item, undo)
    wrap(base.Future, "result", follow_result, undo)
    wrap(base.Future, "exception", follow_result, undo)
    wrap(base.Future, "done", follow_done, undo)
    wrap(base.Future, "_invoke_callbacks", follow_callbacks, undo)
    wrap(base.Future, "add_done_callback", follow_late_callback, undo)


def remember_maker(original: Any) -> Any:
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        frame = sys._getframe(1)
        while trace.is_hidden(frame.f_code.co_filename) and frame.f_back is not None:
            frame = frame.f_back
        setattr(self, _MADE, (frame.f_code, frame.f_lasti))

    return __init__


def follow_thread(original: Any) -> Any:
    def _bootstrap_inner(self: Any) -> None:
        state = fastpath.thread_state()
        run = Run(thread_label(self), thread_place(self), state.serial)
        state.record, state.took = run, run.took
        setattr(self, _RUN, run)
        original(self)

    return _bootstrap_inner


def thread_label(thread: Any) -> Callable[[], str]:
    """Return how to get the thread's name, without keeping the thread alive: programs count on its end being seen."""
    alive, name = weakref.ref(thread), str(thread._name)

    def label() -> str:
        now = alive()
        return name if now is None else str(now._name)

    return label


def thread_place(thread: Any) -> Callable[[], str]:
    made: tuple[CodeType, int] | None = getattr(thread, _MADE, None)
    return lambda: "thread:" + ("an unknown place" if made is None else naming.place_name(*made))


def follow_join(original: Any) -> Any:
    def join(self: Any, timeout: float | None = None) -> None:
        original(self, timeout)
        if not self.is_alive():
            ended(getattr(self, _RUN, None), timed=timeout is not None)

    return join


def follow_item(original: Any) -> Any:
    def run(self: Any, *args: Any) -> None:
        state, future = fastpath.thread_state(), self.future
        task = getattr(self, "fn", None) or self.task[0]
        record = Run(
            lambda: f"work item {getattr(task, '__qualname__', type(task).__qualname__)}", lambda: item_place(task)
        )
        setattr(future, _RUN, record)
        outer = state.begin_run(record)
        try:
            original(self, *args)
        finally:
            state.end_run(outer)

    return run


def item_place(task: Any) -> str:
    """Return where the function of a work item is defined."""
    code = getattr(task, "__code__", None)
    if code is None:
        return f"task:{getattr(task, '__qualname__', type(task).__qualname__)}"
    return f"task:{trace.short_path(code.co_filename)}:{code.co_firstlineno}"


def follow_result(original: Any) -> Any:
    def result(self: Any, timeout: float | None = None) -> Any:
        if self._state in DONE and self._condition._is_owned():
            note_done(self)  # concurrent.futures.wait asks like this, under the conditions of all its futures
        try:
            return original(self, timeout)
        finally:
            if vars(self).get(_RUN) is not None and not knew_done(self):
                future_ended(self, timed=timeout is not None)

    return result


def future_ended(future: Any, *, timed: bool) -> None:
    if future._state in DONE:
        ended(vars(future)[_RUN], timed=timed)
    note_done(future)


def follow_done(original: Any) -> Any:
    def done(self: Any) -> bool:
        answer = bool(original(self))
        if answer:
            note_done(self)
        return answer

    return done


def follow_callbacks(original: Any) -> Any:
    def _invoke_callbacks(self: Any) -> None:
        note_done(self)
        original(self)

    return _invoke_callbacks


def follow_late_callback(original: Any) -> Any:
    def add_done_callback(self: Any, fn: Any) -> None:
        if self._state == "CANCELLED" or self._state in DONE:
            note_done(self)  # the callback runs here and now
        original(self, fn)

    return add_done_callback


def follow_wait(original: Any) -> Any:
    def wait(*args: Any, **kwargs: Any) -> Any:
        answer = original(*args, **kwargs)
        for future in answer.done:
            note_done(future)
        return answer

    return wait


def follow_as_completed(original: Any) -> Any:
    def as_completed(*args: Any, **kwargs: Any) -> Iterator[Any]:
        held: list[Any] = []  # emptied as it is yielded: the caller's may be the last reference to the future
        for future in original(*args, **kwargs):
            held.append(future)
            del future
            note_done(held[0])
            yield held.pop()

    return as_completed


def note_done(future: Any) -> None:
    """This thread knows that the future is done: asking for its result is no wait from now on."""
    vars(future).setdefault(_SEEN, set()).add(fastpath.thread_state().serial)


def knew_done(future: Any) -> bool:
    return fastpath.thread_state().serial in vars(future).get(_SEEN, ())


def ended(run: Run | None, *, timed: bool) -> None:
    """A run that this thread waited for has ended."""
    if run is not None and runtime.is_active():
        runtime.validator().collect()
        runtime.validator().joined(fastpath.thread_state(), run, timed=timed)
