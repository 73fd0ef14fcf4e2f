"""concurrent.futures: a work item is a run of its own, and asking for a future's result is a wait for it.

A future that the asking thread already knew to be done is no wait: `done()` said so, `wait` or `as_completed` handed it
over, or its callback is running. What a thread knows is kept in the future, as serial numbers of threads.
"""

from __future__ import annotations

import _thread
from collections.abc import Callable, Iterator
from functools import partial
from types import ModuleType
from typing import Any, ClassVar

from lockdep import fastpath, runtime
from lockdep.fastpath import Handed
from lockdep.graph.runs import Run, Task
from lockdep.patch.attributes import hide
from lockdep.patch.changes import Changes
from lockdep.patch.imports import after_import
from lockdep.patch.joins import RUN, joined, remember_ended, timeout_of, wait_as, wait_judging
from lockdep.patch.loops import awaited_from_loop, wait_for_loop
from lockdep.patch.pools import POOL, Reference, executor_of, note_task, task_of, wait_in_pool
from lockdep.patch.servers import Awaited, OnlyWorker, wait_ended
from lockdep.patch.starts import begin, begin_stretch, end_loan, hand_on, hand_over, learn
from lockdep.patch.work_items import described, is_known, learn_done, task_place
from lockdep.patch.wrappers import wrap_function, wrap_method
from lockdep.waits.aims import ANYBODY, NOW, Enders, run_enders

DONE = ("FINISHED", "CANCELLED_AND_NOTIFIED")
ENDED = (*DONE, "CANCELLED")
_HANDED = "_lockdep_handed"
_RESULT = "_lockdep_result"  # the attribute of a Future that holds what its run was when it set the result
_SERVER = "_lockdep_server"  # the attribute of a pool with one worker that has its OnlyWorker
_get_ident = _thread.get_ident
# ident of a thread that submits something -> what it hands on, and to which pool
_submitting: dict[int, tuple[Handed | None, Reference]] = {}

Args = tuple[Any, ...]
Keywords = dict[str, Any]


def follow_futures(changes: Changes) -> None:
    """Wrap the methods of concurrent.futures, now or when the program imports it."""
    after_import(changes, "concurrent.futures._base", wrap_futures)
    after_import(changes, "concurrent.futures.thread", wrap_work_items)


def wrap_futures(changes: Changes, base: ModuleType) -> None:
    """Wrap Future and what `wait` and `as_completed` use; programs have copies of these two functions themselves."""
    hide(changes, base.Future)
    wrap_method(changes, base.Future, "result", follow_result)
    wrap_method(changes, base.Future, "exception", follow_result)
    wrap_method(changes, base.Future, "set_result", follow_set)
    wrap_method(changes, base.Future, "set_exception", follow_set)
    wrap_method(changes, base.Future, "done", follow_done)
    wrap_method(changes, base.Future, "add_done_callback", follow_callback)
    wrap_function(changes, base.DoneAndNotDoneFutures, "__new__", follow_wait)
    wrap_function(changes, base, "_yield_finished_futures", follow_as_completed)


def wrap_work_items(changes: Changes, thread: ModuleType) -> None:
    """Wrap what a thread pool runs, and how it gets that."""
    wrap_method(changes, thread.ThreadPoolExecutor, "submit", follow_submit)
    wrap_method(changes, thread._WorkItem, "__init__", follow_made)
    wrap_method(changes, thread._WorkItem, "run", follow_item)


def follow_submit(wrapped: Callable[..., Any], pool: Any, args: Args, kwargs: Keywords) -> Any:
    """Note what the submitter knows and holds, and which pool it is: the work item can begin before this returns."""
    ident = _get_ident()
    _submitting[ident] = hand_on(), Reference(pool)
    try:
        return wrapped(*args, **kwargs)
    finally:
        _submitting.pop(ident, None)


def follow_made(wrapped: Callable[..., None], item: Any, args: Args, kwargs: Keywords) -> None:
    """Give a work item what its submitter knows and holds, and its future the pool."""
    wrapped(*args, **kwargs)
    handed, pool = _submitting.get(_get_ident(), (None, None))
    fastpath.keep_in(item, _HANDED, handed)
    fastpath.keep_in(item.future, POOL, pool)
    name, code = described(item.fn if hasattr(item, "fn") else item.task[0])  # since 3.14 it is in a tuple
    note_task(item.future, f"work item {name}", task_place(name, code))


def follow_set(wrapped: Callable[..., None], future: Any, args: Args, kwargs: Keywords) -> None:
    """Hand over to those who ask for a result. They are woken before the callbacks run, and do not wait for these."""
    fastpath.keep_in(future, _HANDED, hand_over())
    run: Run | None = fastpath.kept_in(future, RUN)
    if run is not None:
        fastpath.spare(future._condition)  # who waits for that waits for the future, and a stretch begins in `called`
        if (pool := executor_of(future)) and (alone := fastpath.kept_in(pool, _SERVER)) is not None:
            alone.note(run)
    if run is None or not future._done_callbacks:
        wrapped(*args, **kwargs)
        return
    until_now = run.so_far()
    fastpath.keep_in(future, _RESULT, until_now)
    try:
        wrapped(*args, **kwargs)
    finally:
        run.trail = {key: seen for key, seen in run.took.items() if key not in until_now.took}


def follow_item(wrapped: Callable[..., None], item: Any, args: Args, kwargs: Keywords) -> None:
    """Record the locks that a work item takes, as a run of its own inside its thread's."""
    state = fastpath.thread_state()
    name, code = described(item.fn if hasattr(item, "fn") else item.task[0])  # since 3.14 it is in a tuple
    run = Run(lambda: f"work item {name}", lambda: task_place(name, code), state.serial)
    begin(run, vars(item).pop(_HANDED, None), "Executor.submit()")
    if isinstance(state.record, Run):
        run.origin.pool = state.record.origin.pool
    run.task = task_of(item.future) or Task(
        0, f"work item {name}", task_place(name, code)
    )  # submitted before all others
    fastpath.keep_in(item.future, RUN, run)
    worker, alone = state.record, None
    if isinstance(worker, Run) and is_alone(item.future):
        alone = only_worker(executor_of(item.future), worker)
        run.took.update(worker.trail)  # who waits for this item waits for the callbacks of the one before, too
    outer = state.begin_run(run)
    try:
        wrapped(*args, **kwargs)
    finally:
        state.took = run.took
        state.end_run(outer)
        if isinstance(worker, Run):
            worker.trail = run.trail
            remember_ended(run, worker.sort)
        if alone is not None:
            alone.note(run)


def is_alone(future: Any) -> bool:
    """Return whether the pool of a work item has one worker, which runs all items one after the other."""
    pool = executor_of(future)
    return bool(pool) and pool._max_workers == 1


def only_worker(pool: Any, worker: Run) -> OnlyWorker | None:
    """Return what is known of the only worker of a pool; None if the pool has gone."""
    if not pool:
        return None
    found: OnlyWorker | None = fastpath.kept_in(pool, _SERVER)
    if found is None or found.record is not worker:
        found = OnlyWorker(worker)
        fastpath.keep_in(pool, _SERVER, found)
    return found


def awaited_from_worker(future: Any, run: Run) -> Awaited | None:
    """Return what a wait for this future waits for, if its pool has one worker; None if not."""
    pool, task = executor_of(future), task_of(future)
    worker: OnlyWorker | None = fastpath.kept_in(pool, _SERVER) if pool else None
    return None if worker is None or task is None else Awaited(worker, task.name, task.place, run)


def follow_result(wrapped: Callable[..., Any], future: Any, args: Args, kwargs: Keywords) -> Any:
    """Report a wait for a work item that has ended, unless this thread knew that before it asked."""
    if future._state in DONE and future._condition._is_owned():
        note_done(future)  # concurrent.futures.wait asks like this, under the conditions of all its futures
    try:
        return wait_for_result(wrapped, future, args, kwargs)
    finally:
        run = fastpath.kept_in(future, RUN)
        if future._state in DONE:
            learn_result(future, run)
        if future._state in DONE:  # else it timed out
            judge_result(future, fastpath.kept_in(future, _RESULT) or run, timed=timeout_of(args, kwargs) is not None)


def judge_result(future: Any, awaited: Run | None, *, timed: bool) -> None:
    """Judge a wait for a future that is done: for the run that has set its result, or for the loop that has."""
    was_known = not learn_done(future)
    if awaited is not None and not was_known:
        joined(awaited, timed=timed)
    served = awaited_from_loop(future) if awaited is None else awaited_from_worker(future, awaited)
    if served is not None:
        wait_ended(served, timed=timed, known=was_known)


def wait_for_result(wrapped: Callable[..., Any], future: Any, args: Args, kwargs: Keywords) -> Any:
    """Call a method that waits for a future. A wait without a timeout is done here, before the call."""
    if not runtime.is_active():
        return wrapped(*args, **kwargs)
    timed = timeout_of(args, kwargs) is not None
    if goes_on(future) or not knows_done(future):  # else the program would have waited, had the item been slower
        wait_in_pool(future, timed=timed)
    if not goes_on(future):
        return wrapped(*args, **kwargs)
    wait_for_loop(future, timed=timed)
    if timed:
        return wait_as(WorkResult(future), lambda: wrapped(*args, **kwargs), timed=True)
    wait_judging(WorkResult(future), partial(wait_done, future), partial(goes_on, future), None)
    return wrapped(*args, **kwargs)


def goes_on(future: Any) -> bool:
    """Return whether a future is neither done nor cancelled."""
    return future._state not in ENDED


def wait_done(future: Any, seconds: float | None) -> None:
    """Wait for the end of a future as its own methods do; for some seconds at most."""
    with future._condition:
        if goes_on(future):
            future._condition.wait(seconds)


class WorkResult:
    """The result of a work item; what a Wait for it waits for."""

    __slots__ = ("future",)
    looks: ClassVar[bool] = True
    resource: ClassVar[bool] = False
    sleepers: ClassVar[None] = None

    def __init__(self, future: Any) -> None:
        self.future: Any = future

    @property
    def run(self) -> Run | None:
        """The run of the work item; None if it has not begun, or does not run in a thread."""
        run: Run | None = fastpath.kept_in(self.future, RUN)
        return run

    def ender(self) -> int:
        """Return the serial of the thread that runs it; 0 if none does: its thread may be at another item already."""
        run = self.run
        return run.thread if run is not None and goes_on(self.future) else 0

    def enders(self) -> Enders:
        """Return the thread that runs it; while it is queued, the workers of its pool."""
        if not goes_on(self.future):
            return NOW
        run = self.run
        return workers_of(self.future) if run is None else run_enders(run)

    def interrupt(self, _ident: int, _error: Exception) -> bool:
        """Do nothing: the thread looks by itself."""
        return False

    def text(self) -> str:
        """Return its name."""
        run = self.run
        return "the result of a queued work item" if run is None else f"the result of {run.label()}"

    def place(self) -> str:
        """Return where its function is defined."""
        run = self.run
        return "task" if run is None else run.place()


def workers_of(future: Any) -> Enders:
    """Return the workers that can run a queued work item; anybody, if its pool can still start others."""
    pool = executor_of(future)
    workers = [] if not pool else list(pool._threads)
    runs = [fastpath.kept_in(worker, RUN) for worker in workers]
    if not pool or len(workers) < pool._max_workers or None in runs:
        return ANYBODY
    return Enders(tuple(run.thread for run in runs if run is not None))


def follow_done(wrapped: Callable[..., bool], future: Any, args: Args, kwargs: Keywords) -> bool:
    """Note what a thread learns from `done()`."""
    answer = wrapped(*args, **kwargs)
    if answer:
        note_done(future)
    return answer


def follow_callback(wrapped: Callable[..., None], _future: Any, args: Args, kwargs: Keywords) -> None:
    """Add a callback of ours before the program's: the thread that runs them knows the future to be done."""
    wrapped(called)
    wrapped(*args, **kwargs)


def called(future: Any) -> None:
    """Note that a callback of the program is about to be called, perhaps by the thread that has set the result."""
    note_done(future)
    run = fastpath.kept_in(future, RUN)
    if run is not None and run is fastpath.thread_state().record:
        begin_stretch()


def follow_wait(wrapped: Callable[..., Any], args: Args, kwargs: Keywords) -> Any:
    """Note which futures `wait` hands over as done. It returns a pair, whose making is what can be followed."""
    from concurrent.futures import Future

    answer = wrapped(*args, **kwargs)
    if isinstance(answer.done, set):  # as `wait` makes it; others may make a pair of anything
        for future in answer.done:
            if isinstance(future, Future):
                note_done(future)
    return answer


def follow_as_completed(wrapped: Callable[..., Any], args: Args, kwargs: Keywords) -> Iterator[Any]:
    """Note each future that `as_completed` is about to hand over."""
    held: list[Any] = []  # emptied as it is yielded: the caller's may be the last reference to the future
    for future in wrapped(*args, **kwargs):
        held.append(future)
        del future
        note_done(held[0])
        yield held.pop()


def note_done(future: Any) -> None:
    """Note that this thread knows the future to be done: asking for its result is no wait from now on."""
    learn_done(future)
    learn_result(future, fastpath.kept_in(future, RUN))


def knows_done(future: Any) -> bool:
    """Return whether this thread knows the future to be done, or cancelled by whomever."""
    return future._state not in DONE or is_known(future)


def learn_result(future: Any, run: Run | None) -> None:
    """Note that this thread comes after what has set the result of the future."""
    learn(fastpath.kept_in(future, _HANDED), "Future.result()")
    if run is not None:
        end_loan(run)
