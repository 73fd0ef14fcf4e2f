"""multiprocessing.pool.ThreadPool: each work item is a run of its own, and asking for results is a wait for such runs.

The items come to the workers through queues in C. So the function of each item is replaced by one that runs it as a
run, when it is put into the queue. A result has several items if it is one of `map`; WorkItems has what is known of
them. A thread of the pool sets the result after its callbacks, which are waited for as well. A result that the asking
thread already knew to be ready is no wait. Cost: some 10 us for each item.
"""

from __future__ import annotations

import _thread
import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import ModuleType
from typing import Any, ClassVar

from lockdep import fastpath, runtime, trace
from lockdep.fastpath import Handed, new_serial
from lockdep.graph.runs import Pool, Run
from lockdep.kept import kept
from lockdep.patch.changes import Changes
from lockdep.patch.joins import MADE, RUN, joined, remember_ended, wait_as, wait_judging
from lockdep.patch.pools import POOL, Reference, executor_of, keep_task, pool_of_queue, wait_in_pool
from lockdep.patch.starts import begin, close, hand_on, hand_over, learn
from lockdep.patch.work_items import Item, is_known, learn_done
from lockdep.paths import STDLIB
from lockdep.places import Step, step_of
from lockdep.waits.aims import NOW, Enders

SUBMITTING = ("apply_async", "_map_async", "imap", "imap_unordered")
MOST_RUNS = 64  # of one result, that are waited for
HERE = os.path.join(STDLIB, "multiprocessing") + os.sep
_ITEMS = "_lockdep_items"  # the attribute of a result that is its WorkItems
_submitting: dict[int, WorkItems] = {}  # ident of a thread that submits something -> what it submits

Method = Callable[..., Any]


def follow_thread_pools(changes: Changes, module: ModuleType) -> None:
    """Replace the methods of ThreadPool and of its results."""
    pool, apply, several = module.ThreadPool, module.ApplyResult, module.IMapIterator
    changes.rebind(pool, "_repopulate_pool", filling(changes, pool._repopulate_pool))
    for name in SUBMITTING:
        changes.rebind(pool, name, submitting(changes, getattr(pool, name)))
    for result in (apply, several):
        changes.rebind(result, "__init__", making(result.__init__))
    for result in (apply, module.MapResult):
        changes.rebind(result, "_set", setting(result._set))
    changes.rebind(apply, "wait", waiting(apply.wait))
    changes.rebind(apply, "ready", asking(apply.ready))
    next_item = fetching(several.next)
    changes.rebind(several, "next", next_item)
    changes.rebind(several, "__next__", next_item)


@kept
class WorkItems:
    """What is known of the work items of one result, all of one function.

    `handed` is what the submitter knew and held, `back` what those have handed over that have ended, `runs` are those
    that have taken locks. So many are `queued` as were put into the queue, and so many `begun`.
    """

    __slots__ = ("back", "begun", "going", "handed", "queued", "runs", "task")

    def __init__(self, function: Any) -> None:
        self.task: Item = Item(function, None)
        self.handed: Handed | None = hand_on()
        self.back: list[Handed | None] = []
        self.going: list[Run] = []
        self.runs: list[Run] = []
        self.queued: int = 0
        self.begun: int = 0

    @contextmanager
    def run(self, label: str) -> Iterator[Run]:
        """Run the `with` block as a run that who waits for the result waits for."""
        state, task = fastpath.thread_state(), self.task
        worker = state.record
        run = Run(lambda: f"{label} {task.function}", task.where, state.serial)  # a reference to self would be a cycle
        begin(run, self.handed, "ThreadPool.apply_async()")
        run.task = task
        if isinstance(worker, Run):
            run.origin.pool = worker.origin.pool
        self.going.append(run)
        outer = state.begin_run(run)
        try:
            yield run
        finally:
            state.took = run.took
            state.end_run(outer)
            self._end(run)
            if isinstance(worker, Run):
                remember_ended(run, worker.sort)

    def _end(self, run: Run) -> None:
        if len(self.back) < MOST_RUNS:
            self.back.append(hand_over())
        known: set[object] = set().union(*(one.took for one in self.runs))
        if not known.issuperset(run.took) and len(self.runs) < MOST_RUNS:
            self.runs.append(run)
        self.going.remove(run)

    def learn(self) -> None:
        """Note that this thread comes after those that have ended."""
        for handed in self.back.copy():
            learn(handed, "AsyncResult.get()")

    def end_loan(self) -> None:
        """Note that the submitter, if that is this thread, has waited for all of them."""
        if self.handed is not None and self.handed.loan is not None:
            close(self.handed.loan)

    def joined(self, *, timed: bool, once: bool = False) -> None:
        """Note that this thread has waited for those that have ended; if `once`, nobody will for the same ones."""
        for run in self.runs.copy():
            joined(run, timed=timed)
            if once and run in self.runs:
                self.runs.remove(run)


def items_of(result: Any) -> WorkItems | None:
    """Return the items of a result; None if it is not one of a ThreadPool that is followed."""
    found: WorkItems | None = None if result is None else fastpath.kept_in(result, _ITEMS)
    return found


def filling(changes: Changes, original: Method) -> Method:
    """Return the method that starts the first workers, which also begins to follow the pool."""

    @functools.wraps(original)
    def _repopulate_pool(self: Any) -> None:
        if changes.in_force and runtime.is_active():
            made = maker(sys._getframe(1))
            vars(self)[MADE] = made
            known = vars(self)[POOL] = Pool(new_serial(), self._processes, type(self).__name__, made)
            pool_of_queue[self._inqueue] = known
            self._quick_put = relaying(self._quick_put, self._cache)
        original(self)

    return _repopulate_pool


def maker(frame: Any) -> Step | None:
    """Return the place where the program makes a pool."""
    while frame is not None and is_passed_over(frame.f_code.co_filename):
        frame = frame.f_back
    return None if frame is None else step_of(frame.f_code, frame.f_lasti)


def is_passed_over(file: str) -> bool:
    """Return whether the code of this file makes a pool for its caller."""
    return file.startswith(HERE) or trace.is_hidden(file)


def relaying(put: Callable[[Any], None], cache: Any) -> Callable[[Any], None]:
    """Return the function that puts a work item into the queue of the workers, to be run as a run."""

    def put_item(task: Any) -> None:
        items = None if task is None else items_of(cache.get(task[0]))
        if items is not None:
            job, number, function, args, kwargs = task
            items.queued += 1
            task = (job, number, partial(run_item, items, function), args, kwargs)
        put(task)

    return put_item


def run_item(items: WorkItems, function: Method, /, *args: Any, **kwargs: Any) -> Any:
    """Run a work item."""
    items.begun += 1
    with items.run("work item"):
        return function(*args, **kwargs)


def submitting(changes: Changes, original: Method) -> Method:
    """Return a method that submits work, with what its caller knows and holds."""

    @functools.wraps(original)
    def submit(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not (changes.in_force and runtime.is_active()) or POOL not in vars(self):
            return original(self, *args, **kwargs)
        ident = _thread.get_ident()
        _submitting[ident] = WorkItems(args[0] if args else kwargs.get("func"))
        try:
            return original(self, *args, **kwargs)
        finally:
            _submitting.pop(ident, None)

    return submit


def making(original: Method) -> Method:
    """Return the constructor of a result, which gives it what is submitted now."""

    @functools.wraps(original)
    def __init__(self: Any, pool: Any, *args: Any, **kwargs: Any) -> None:
        items = _submitting.pop(_thread.get_ident(), None) if _submitting else None
        if items is not None:
            fastpath.keep_in(self, _ITEMS, items)
            fastpath.keep_in(self, POOL, Reference(pool))
            keep_task(self, items.task)
        original(self, pool, *args, **kwargs)
        if items is not None and hasattr(self, "_event"):  # it is no iterator
            fastpath.spare(self._event._cond)  # who waits for that waits for the result

    return __init__


def setting(original: Method) -> Method:
    """Return the method that sets a result, after its callbacks, which are waited for as well."""

    @functools.wraps(original)
    def _set(self: Any, *args: Any) -> None:
        items = items_of(self)
        if items is None:
            original(self, *args)
        else:
            set_result(lambda: original(self, *args), items, calls_back=bool(self._callback or self._error_callback))

    return _set


def set_result(call: Callable[[], None], items: WorkItems, *, calls_back: bool) -> None:
    """Set a result. Who waits for it waits for the callbacks of the one before, too: one thread sets all of them."""
    handler = fastpath.thread_state().record
    if not isinstance(handler, Run):
        call()
        return
    if handler.trail:
        items.runs.append(handler.part(lambda: "a callback of another work item", handler.place, handler.trail))
    handler.trail = {}
    if not calls_back:
        call()
        return
    with items.run("callback of work item") as run:
        call()
    handler.trail = run.took


def waiting(original: Method) -> Method:
    """Return the method that waits for a result, without which `get` does nothing of the kind."""

    @functools.wraps(original)
    def wait(self: Any, timeout: Any = None) -> None:
        items = items_of(self)
        if items is None or not runtime.is_active():
            original(self, timeout)
        else:
            wait_for_result(original, self, items, timeout)

    return wait


def wait_for_result(original: Method, result: Any, items: WorkItems, timeout: Any) -> None:
    """Wait for a result; judge the wait unless this thread knew it to be ready."""
    timed = timeout is not None
    if goes_on(result) or not is_known(result):  # else the program would have waited, had the items been slower
        wait_in_pool(result, timed=timed)
    try:
        if goes_on(result):
            wait_judging(Results(result, items), partial(original, result), partial(goes_on, result), timeout)
    finally:
        if not goes_on(result):
            note_ready(items)
            if learn_done(result):
                items.joined(timed=timed)


def goes_on(result: Any) -> bool:
    """Return whether a result is not set yet."""
    return not result._event._flag


def asking(original: Method) -> Method:
    """Return the method that says whether a result is ready: who was told so does not wait for it."""

    @functools.wraps(original)
    def ready(self: Any) -> bool:
        answer: bool = original(self)
        items = items_of(self) if answer else None
        if items is not None and learn_done(self):
            note_ready(items)
        return answer

    return ready


def note_ready(items: WorkItems) -> None:
    """Note that this thread knows the result of these items to be ready."""
    items.learn()
    items.end_loan()


def fetching(original: Method) -> Method:
    """Return the method that waits for the next result of several."""

    @functools.wraps(original)
    def next(self: Any, timeout: Any = None) -> Any:
        items = items_of(self)
        if items is None or not runtime.is_active():
            return original(self, timeout)
        if is_awaited(self):
            wait_in_pool(self, timed=timeout is not None)
        try:
            if timeout is not None:
                return wait_as(NextResult(self, items), lambda: original(self, timeout), timed=True)
            wait_judging(NextResult(self, items), partial(wait_next, self), partial(is_awaited, self), None)
            return original(self)
        except StopIteration:
            items.end_loan()
            raise
        finally:
            items.learn()
            items.joined(timed=timeout is not None, once=True)

    return next


def is_awaited(several: Any) -> bool:
    """Return whether the next result of several is not there yet."""
    return not several._items and several._index != several._length


def wait_next(several: Any, seconds: float | None) -> None:
    """Wait for the next result as its own method does, for some seconds at most."""
    with several._cond:
        if is_awaited(several):
            several._cond.wait(seconds)


class Results:
    """The results of work items; what a Wait for them waits for."""

    __slots__ = ("items", "result")
    looks: ClassVar[bool] = True
    resource: ClassVar[bool] = False
    sleepers: ClassVar[None] = None

    def __init__(self, result: Any, items: WorkItems) -> None:
        self.result: Any = result
        self.items: WorkItems = items

    @property
    def awaited(self) -> bool:
        """Whether it is not there yet."""
        return goes_on(self.result)

    @property
    def run(self) -> Run | None:
        """The run of an item that goes on; None if none does."""
        return next(iter(self.items.going), None)

    def ender(self) -> int:
        """Return the serial of the thread that runs the only item; 0 if that is not known."""
        going = self.items.going.copy()
        return going[0].thread if self.awaited and len(going) == 1 and not self._has_queued() else 0

    def enders(self) -> Enders:
        """Return the workers if an item is queued, else all threads that run one, else those which set results."""
        pool = executor_of(self.result)
        if not self.awaited or pool is None:
            return NOW
        if self._has_queued():
            return Enders(serials(pool._pool))
        going = tuple([run.thread for run in self.items.going.copy()])
        return Enders(going, every=True) if going else Enders(serials([pool._result_handler, pool._task_handler]))

    def _has_queued(self) -> bool:
        return self.items.queued > self.items.begun

    def interrupt(self, _ident: int, _error: Exception) -> bool:
        """Do nothing: the thread looks by itself."""
        return False

    def text(self) -> str:
        """Return its name."""
        return f"the result of work item {self.items.task.function}"

    def place(self) -> str:
        """Return where its function is defined."""
        return self.items.task.place


class NextResult(Results):
    """The next one of several results."""

    __slots__ = ()

    @property
    def awaited(self) -> bool:
        """Whether it is not there yet."""
        return is_awaited(self.result)


def serials(threads: list[Any]) -> tuple[int, ...]:
    """Return the serials of threads of a pool."""
    runs = [fastpath.kept_in(thread, RUN) for thread in list(threads)]
    return tuple([run.thread for run in runs if run is not None])
