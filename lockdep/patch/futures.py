"""concurrent.futures: a work item is a run of its own, and asking for a future's result is a wait for it.

A future that the asking thread already knew to be done is no wait: `done()` said so, `wait` or `as_completed` handed it
over, or its callback is running. What a thread knows is kept in the future, as serial numbers of threads.
"""

from __future__ import annotations

import _thread
import functools
from collections.abc import Callable, Iterator
from functools import partial
from types import ModuleType
from typing import Any, ClassVar

from lockdep import fastpath, runtime
from lockdep.fastpath import Handed
from lockdep.graph.runs import Run
from lockdep.patch.attributes import hide
from lockdep.patch.changes import Changes
from lockdep.patch.imports import after_import
from lockdep.patch.joins import RUN, joined, remember_ended, wait_as, wait_judging
from lockdep.patch.loops import awaited_from_loop, wait_for_loop
from lockdep.patch.pools import POOL, Reference, executor_of, keep_task, reference_to, runs_item, task_of, wait_in_pool
from lockdep.patch.servers import Awaited, OnlyWorker, wait_ended
from lockdep.patch.starts import begin_stretch, end_loan, hand_on, hand_over, learn
from lockdep.patch.tracebacks import shorten
from lockdep.patch.work_items import Item, is_known, learn_done
from lockdep.patch.wrappers import wrap_function, wrap_method
from lockdep.waits.aims import ANYBODY, NOW, Enders, run_enders

DONE = ("FINISHED", "CANCELLED_AND_NOTIFIED")
ENDED = (*DONE, "CANCELLED")
_HANDED = "_lockdep_handed"
_RESULT = "_lockdep_result"  # the attribute of a Future: how many locks its run had taken when it set the result
_SERVER = "_lockdep_server"  # the attribute of a pool with one worker, and of its futures, that has its OnlyWorker
_get_ident = _thread.get_ident
# ident of a thread that submits something -> what it hands on, and to which pool
_submitting: dict[int, tuple[Handed | None, Reference | None]] = {}

Args = tuple[Any, ...]
Keywords = dict[str, Any]
Method = Callable[..., Any]


def follow_futures(changes: Changes) -> None:
    """Replace the methods of concurrent.futures, now or when the program imports it."""
    after_import(changes, "concurrent.futures._base", wrap_futures)
    after_import(changes, "concurrent.futures.thread", wrap_work_items)


def wrap_futures(changes: Changes, base: ModuleType) -> None:
    """Replace methods of Future and what `wait` and `as_completed` use; programs have copies of these two functions."""
    future = base.Future
    hide(changes, future)
    for name in ("result", "exception"):
        changes.rebind(future, name, asking(changes, getattr(future, name)))
    for name in ("set_result", "set_exception"):
        changes.rebind(future, name, setting(changes, getattr(future, name)))
    wrap_method(changes, future, "done", follow_done)
    wrap_method(changes, future, "add_done_callback", follow_callback)
    wrap_function(changes, base.DoneAndNotDoneFutures, "__new__", partial(follow_wait, future))
    wrap_function(changes, base, "_yield_finished_futures", follow_as_completed)


def wrap_work_items(changes: Changes, thread: ModuleType) -> None:
    """Replace what a thread pool runs, and how it gets that. It is no `wrap_method`, which would cost twice as much."""
    pool, item = thread.ThreadPoolExecutor, thread._WorkItem
    changes.rebind(pool, "submit", submitting(changes, pool.submit))
    changes.rebind(item, "__init__", making(changes, item.__init__))
    changes.rebind(item, "run", running(changes, item.run))


def submitting(changes: Changes, original: Method) -> Method:
    """Return the method that submits a work item. It notes what its caller knows and holds: the item can begin at once.

    The locks of the pool, which it takes then, are none that the caller holds.
    """
    in_force = changes.in_force

    @functools.wraps(original)
    def submit(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        if not in_force:
            return original(self, *args, **kwargs)
        ident = _get_ident()
        _submitting[ident] = hand_on(), reference_to(self)
        try:
            return original(self, *args, **kwargs)
        finally:
            _submitting.pop(ident, None)

    return submit


def making(changes: Changes, original: Method) -> Method:
    """Return the constructor of a work item, which gets what its submitter knows and holds, and its future the pool."""
    in_force = changes.in_force

    @functools.wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        if in_force:
            handed, pool = _submitting.get(_get_ident(), (None, None))
            fastpath.keep_in(self.future, POOL, pool)
            keep_task(self.future, Item(task_in(self), handed))

    return __init__


def task_in(item: Any) -> Any:
    """Return what a work item of a thread pool calls."""
    return item.fn if hasattr(item, "fn") else item.task[0]  # since 3.14 it is in a tuple


def running(changes: Changes, original: Method) -> Method:
    """Return the method that runs a work item: the locks that it takes are those of a run inside its thread's."""
    in_force = changes.in_force

    @functools.wraps(original)
    def run(self: Any, *context: Any) -> None:  # the context of the worker, since 3.14
        if not in_force:
            original(self, *context)
            return
        future, state = self.future, fastpath.thread_state()
        item: Any = task_of(future) or Item(task_in(self), None, 0)  # submitted before all others
        begun, worker = item.begin(state.serial, "Executor.submit()"), state.record
        alone = begin_in(begun, worker, future)
        fastpath.keep_in(future, RUN, begun)
        outer = state.begin_run(begun)
        try:
            original(self, *context)
        finally:
            state.took = begun.took
            state.end_run(outer)
            end_in(begun, worker, alone)

    return run


def begin_in(run: Run, worker: object, future: Any) -> OnlyWorker | None:
    """Note of which pool the thread is that runs a work item; return what is known of it if it is the only one there.

    Then who waits for this item waits for the callbacks of the one before, too.
    """
    if not isinstance(worker, Run):
        return None
    pool = run.course.origin.pool = worker.course.origin.pool
    if pool is None or pool.workers != 1:
        return None
    run.took.update(worker.trail)
    return only_worker(future, worker)


def only_worker(future: Any, worker: Run) -> OnlyWorker | None:
    """Return what is known of the only worker of the pool of a future, which keeps it; None if the pool has gone."""
    pool = executor_of(future)
    if not pool:
        return None
    found: OnlyWorker | None = fastpath.kept_in(pool, _SERVER)
    if found is None or found.record is not worker:
        found = OnlyWorker(worker)
        fastpath.keep_in(pool, _SERVER, found)
    fastpath.keep_in(future, _SERVER, found)
    return found


def end_in(run: Run, worker: object, alone: OnlyWorker | None) -> None:
    """Note what is left of a work item in the thread that has run it."""
    if isinstance(worker, Run):
        worker.trail = run.trail
        remember_ended(run, worker.sort)
    if alone is not None:
        alone.note(run)


def setting(changes: Changes, original: Method) -> Method:
    """Return a method that sets a result, and hands over to those who ask for it."""
    in_force = changes.in_force

    @functools.wraps(original)
    def set_it(self: Any, *args: Any, **kwargs: Any) -> None:
        if not in_force:
            original(self, *args, **kwargs)
            return
        fastpath.keep_in(self, _HANDED, hand_over())
        run: Run | None = fastpath.kept_in(self, RUN)
        if run is not None:
            fastpath.spare(self._condition)  # who waits for that waits for the future; see `called` for the stretch
            if (alone := fastpath.kept_in(self, _SERVER)) is not None:
                alone.note(run)
        if run is None or not self._done_callbacks:
            original(self, *args, **kwargs)
        else:
            set_calling(self, run, lambda: original(self, *args, **kwargs))

    return set_it


def set_calling(future: Any, run: Run, call: Callable[[], None]) -> None:
    """Set a result by a call. Those who wait are woken before the callbacks run, and do not wait for these."""
    until_now = len(run.took)
    fastpath.keep_in(future, _RESULT, until_now)
    try:
        call()
    finally:
        run.trail = run.taken_after(until_now)


def asking(changes: Changes, original: Method) -> Method:
    """Return a method that asks for a result. It is a wait, unless this thread knew before that there is one."""
    in_force = changes.in_force

    @functools.wraps(original)
    def ask(self: Any, timeout: Any = None) -> Any:
        if not in_force:
            return original(self, timeout)
        if self._state in DONE and self._condition._is_owned():
            note_done(self)  # concurrent.futures.wait asks like this, under the conditions of all its futures
        try:
            return wait_for_result(original, self, timeout)
        except BaseException as error:
            shorten(error)
            raise
        finally:
            if self._state in DONE:
                note_asked(self, timed=timeout is not None)

    return ask


def note_asked(future: Any, *, timed: bool) -> None:
    """Note that this thread has the result of a future, and has waited for it if it did not know that it is done."""
    run = fastpath.kept_in(future, RUN)
    learn_result(future, run)
    was_known = not learn_done(future)
    if run is None:
        served = awaited_from_loop(future)
    else:
        if not was_known and fastpath.thread_state().chain.depth:
            until_then = fastpath.kept_in(future, _RESULT)
            joined(run if until_then is None else run.so_far(until_then), timed=timed)
        served = awaited_from_worker(future, run)
    if served is not None:
        wait_ended(served, timed=timed, known=was_known)


def awaited_from_worker(future: Any, run: Run) -> Awaited | None:
    """Return what a wait for this future waits for, if its pool has one worker; None if not."""
    worker: OnlyWorker | None = fastpath.kept_in(future, _SERVER)
    task = None if worker is None else task_of(future)
    return None if worker is None or task is None else Awaited(worker, task.name, task.place, run)


def wait_for_result(original: Method, future: Any, timeout: Any) -> Any:
    """Call a method that waits for a future. A wait without a timeout is done here, before the call."""
    if not runtime.is_active():
        return original(future, timeout)
    timed, waits = timeout is not None, goes_on(future)
    if runs_item() and (waits or not knows_done(future)):  # else it would have waited, had the item been slower
        wait_in_pool(future, timed=timed)
    if not waits:
        return original(future, timeout)
    wait_for_loop(future, timed=timed)
    if is_bare(future):
        return original(future, timeout)  # its condition is waited for, and judged, like any other
    if timed:
        return wait_as(WorkResult(future), lambda: original(future, timeout), timed=True)
    wait_judging(WorkResult(future), partial(wait_done, future), partial(goes_on, future), None)
    return original(future, timeout)


def is_bare(future: Any) -> bool:
    """Return whether no executor has this future: any thread can set its result, as it can set an event."""
    return task_of(future) is None and executor_of(future) is None and fastpath.kept_in(future, RUN) is None


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
    run = fastpath.kept_in(future, RUN)
    if run is not None and run is fastpath.thread_state().record:
        learn_done(future)  # that is all: it has handed over itself
        begin_stretch()
    else:
        note_done(future)


def follow_wait(kind: type, wrapped: Callable[..., Any], args: Args, kwargs: Keywords) -> Any:
    """Note which futures `wait` hands over as done. It returns a pair, whose making is what can be followed."""
    answer = wrapped(*args, **kwargs)
    if isinstance(answer.done, set):  # as `wait` makes it; others may make a pair of anything
        for future in answer.done:
            if isinstance(future, kind):
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
