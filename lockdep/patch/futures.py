"""concurrent.futures: a work item is a run of its own, and asking for a future's result is a wait for it.

A future that the asking thread already knew to be done is no wait: `done()` said so, `wait` or `as_completed` handed it
over, or its callback is running. What a thread knows is kept in the future, as serial numbers of threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from lockdep import fastpath
from lockdep.graph.runs import Run
from lockdep.patch.changes import Changes
from lockdep.patch.joins import RUN, joined, timeout_of
from lockdep.patch.wrappers import after_import, wrap
from lockdep.paths import short_path

DONE = ("FINISHED", "CANCELLED_AND_NOTIFIED")
_KNOWN_BY = "_lockdep_known_by"

Args = tuple[Any, ...]
Keywords = dict[str, Any]


def follow_futures(changes: Changes) -> None:
    """Wrap the methods of concurrent.futures, now or when the program imports it."""
    after_import(changes, "concurrent.futures._base", wrap_futures)
    after_import(changes, "concurrent.futures.thread", wrap_work_items)


def wrap_futures(changes: Changes, base: ModuleType) -> None:
    """Wrap Future and what `wait` and `as_completed` use; programs have copies of these two functions themselves."""
    wrap(changes, base.Future, "result", follow_result)
    wrap(changes, base.Future, "exception", follow_result)
    wrap(changes, base.Future, "done", follow_done)
    wrap(changes, base.Future, "add_done_callback", follow_callback)
    wrap(changes, base.DoneAndNotDoneFutures, "__new__", follow_wait)
    wrap(changes, base, "_yield_finished_futures", follow_as_completed)


def wrap_work_items(changes: Changes, thread: ModuleType) -> None:
    """Wrap what a thread pool runs."""
    wrap(changes, thread._WorkItem, "run", follow_item)


def follow_item(wrapped: Callable[..., None], item: Any, args: Args, kwargs: Keywords) -> None:
    """Record the locks that a work item takes, as a run of its own inside its thread's."""
    state = fastpath.thread_state()
    name, code = described(item.fn if hasattr(item, "fn") else item.task[0])  # since 3.14 it is in a tuple
    run = Run(lambda: f"work item {name}", lambda: task_place(name, code))
    vars(item.future)[RUN] = run
    outer = state.begin_run(run)
    try:
        wrapped(*args, **kwargs)
    finally:
        state.end_run(outer)


def described(task: Any) -> tuple[str, CodeType | None]:
    """Return the name and the code of a work item's function, or the class's name if it is some other callable.

    No reference to the callable is kept, and none of its attributes is asked for: they may be code of the program.
    """
    function = task.__func__ if type(task) is MethodType else task
    if type(function) is FunctionType:
        return function.__qualname__, function.__code__
    return function.__qualname__ if type(function) is BuiltinFunctionType else type(function).__qualname__, None


def task_place(name: str, code: CodeType | None) -> str:
    """Return where the function of a work item is defined."""
    return f"task:{name}" if code is None else f"task:{short_path(code.co_filename)}:{code.co_firstlineno}"


def follow_result(wrapped: Callable[..., Any], future: Any, args: Args, kwargs: Keywords) -> Any:
    """Report a wait for a work item that has ended, unless this thread knew that before it asked."""
    if future._state in DONE and future._condition._is_owned():
        note_done(future)  # concurrent.futures.wait asks like this, under the conditions of all its futures
    try:
        return wrapped(*args, **kwargs)
    finally:
        run = vars(future).get(RUN)
        if run is not None and future._state in DONE and learn_done(future):  # else it timed out, or was no wait
            joined(run, timed=timeout_of(args, kwargs) is not None)


def follow_done(wrapped: Callable[..., bool], future: Any, args: Args, kwargs: Keywords) -> bool:
    """Note what a thread learns from `done()`."""
    answer = wrapped(*args, **kwargs)
    if answer:
        note_done(future)
    return answer


def follow_callback(wrapped: Callable[..., None], _future: Any, args: Args, kwargs: Keywords) -> None:
    """Add a callback of ours before the program's: the thread that runs them knows the future to be done."""
    wrapped(note_done)
    wrapped(*args, **kwargs)


def follow_wait(wrapped: Callable[..., Any], _instance: Any, args: Args, kwargs: Keywords) -> Any:
    """Note which futures `wait` hands over as done. It returns a pair, whose making is what can be followed."""
    from concurrent.futures import Future

    answer = wrapped(*args, **kwargs)
    if isinstance(answer.done, set):  # as `wait` makes it; others may make a pair of anything
        for future in answer.done:
            if isinstance(future, Future):
                note_done(future)
    return answer


def follow_as_completed(wrapped: Callable[..., Any], _module: Any, args: Args, kwargs: Keywords) -> Iterator[Any]:
    """Note each future that `as_completed` is about to hand over."""
    held: list[Any] = []  # emptied as it is yielded: the caller's may be the last reference to the future
    for future in wrapped(*args, **kwargs):
        held.append(future)
        del future
        note_done(held[0])
        yield held.pop()


def note_done(future: Any) -> None:
    """Note that this thread knows the future to be done: asking for its result is no wait from now on."""
    vars(future).setdefault(_KNOWN_BY, set()).add(fastpath.thread_state().serial)


def learn_done(future: Any) -> bool:
    """Note the same; return whether this thread did not know it before."""
    known: set[int] = vars(future).setdefault(_KNOWN_BY, set())
    serial = fastpath.thread_state().serial
    if serial in known:
        return False
    known.add(serial)
    return True
