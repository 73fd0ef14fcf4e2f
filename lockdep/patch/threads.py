"""threading.Thread: where a thread was made, which locks it takes, and who waits for its end."""

from __future__ import annotations

import functools
import sys
import threading
import weakref
from collections.abc import Callable, Hashable
from types import FrameType, FunctionType, MethodType, ModuleType
from typing import Any

from lockdep import fastpath, runtime, trace
from lockdep.fastpath import new_serial
from lockdep.graph import naming
from lockdep.graph.runs import Pool, Run
from lockdep.patch import loops
from lockdep.patch.attributes import hide, kept_or
from lockdep.patch.changes import Changes
from lockdep.patch.imports import after_import
from lockdep.patch.joins import MADE, RUN, collect_ended, joined, remember_ended, timeout_of, wait_judging
from lockdep.patch.pools import POOL, follow_pools, pool_of_queue
from lockdep.patch.sleeps import will_sleep
from lockdep.patch.starts import begin, ended, hand_on
from lockdep.patch.wrappers import wrap_method
from lockdep.places import Step, step_of
from lockdep.waits.aims import RunEnd

_HANDED = "_lockdep_handed"  # that with what its starter knows and holds
FUNCTIONS = (FunctionType, MethodType)


def follow_threads(changes: Changes) -> None:
    """Follow threads until `changes` are taken back, and what they give to pools and loops."""
    follow_init(changes)
    wrap_method(changes, threading.Thread, "start", follow_starter)
    wrap_method(changes, threading.Thread, "_set_ident", follow_start)
    wrap_method(changes, threading.Thread, "join", follow_join)
    after_import(changes, "concurrent.futures.thread", follow_pools)
    after_import(changes, "multiprocessing.pool", follow_thread_pools)
    after_import(changes, "asyncio.tasks", loops.follow_loops)
    after_import(changes, "asyncio.base_events", loops.follow_running)


def follow_thread_pools(changes: Changes, module: ModuleType) -> None:
    """Follow the thread pools of multiprocessing. What does so is imported with them."""
    from lockdep.patch.thread_pools import follow_thread_pools

    follow_thread_pools(changes, module)


def follow_init(changes: Changes) -> None:
    """Replace `Thread.__init__` by a function that remembers where a thread is made."""
    original = threading.Thread.__init__

    @functools.wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        if changes.in_force:
            note_maker(self, sys._getframe(1))

    hide(changes, threading.Thread)
    changes.rebind(threading.Thread, "__init__", __init__)


def note_maker(thread: Any, frame: FrameType) -> None:
    """Note the instruction that makes the thread: the innermost one that is not hidden, from `frame` outwards."""
    while trace.is_hidden(frame.f_code.co_filename) and frame.f_back is not None:
        frame = frame.f_back
    fastpath.keep_in(thread, MADE, step_of(frame.f_code, frame.f_lasti))


def follow_starter(wrapped: Callable[[], None], thread: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Note what the starter of a thread knows and holds."""
    fastpath.keep_in(thread, _HANDED, hand_on())
    wrapped(*args, **kwargs)


def follow_start(wrapped: Callable[[], None], thread: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Record the locks that a thread takes from here to its end.

    The method under this one is the first that a new thread calls, before it tells its starter that it runs. Wrapping
    that one, and not the method which runs all of the thread, leaves the thread's call stack as it is.
    """
    wrapped(*args, **kwargs)
    if isinstance(thread, threading._DummyThread):
        return
    state = fastpath.thread_state()
    run = Run(thread_label(thread), thread_place(thread), state.serial, state.serial)
    begin(run, vars(thread).pop(_HANDED, None))
    run.origin.pool = pool_of(thread)
    run.sort = sort_of(thread, run.origin.pool)
    state.be(run)
    state.took = run.took
    fastpath.keep_in(thread, RUN, run)
    started = getattr(thread._started, "_cond", None)  # an Event of gevent has none
    if started is not None:
        fastpath.spare(started)  # its starter waits for a thread that is there already


def pool_of(thread: Any) -> Pool | None:
    """Return the pool of which a thread is a worker: that of a ThreadPoolExecutor, or of a ThreadPool."""
    target, arguments = vars(thread).get("_target"), vars(thread).get("_args")
    if pool_of_queue and arguments and getattr(target, "__module__", "") == "multiprocessing.pool":
        return pool_of_queue.get(arguments[0]) if target.__name__ == "worker" else None
    if getattr(target, "__module__", "") != "concurrent.futures.thread" or not arguments:
        return None
    executor = arguments[0]()  # a weak reference
    if executor is None:
        return None
    made = Pool(new_serial(), executor._max_workers, type(executor).__name__, fastpath.kept_in(executor, MADE))
    found: Pool = kept_or(executor, POOL, made)
    return found


def sort_of(thread: Any, pool: Pool | None) -> Hashable:
    """Return what is equal for threads of one type that were made at one place for one function.

    For workers of a pool that is what is equal for pools of one type that were made at one place; None: unlike others.
    """
    if pool is not None:
        return None if pool.made is None else (pool.made, pool.name)
    made, target = fastpath.kept_in(thread, MADE), vars(thread).get("_target")
    code = getattr(getattr(target, "__func__", target), "__code__", None) if type(target) in FUNCTIONS else None
    return None if made is None else (made, type(thread).__qualname__, code and code.co_qualname, code and id(code))


def thread_label(thread: Any) -> Callable[[], str]:
    """Return a function that returns the thread's name. It keeps no reference: programs watch for a thread's end."""
    alive, name = weakref.ref(thread), str(thread._name)

    def label() -> str:
        now = alive()
        return name if now is None else str(now._name)

    return label


def thread_place(thread: Any) -> Callable[[], str]:
    """Return a function that returns the place where the thread was made, as text."""
    made: Step | None = fastpath.kept_in(thread, MADE)
    return lambda: "thread:" + ("an unknown place" if made is None else naming.place_name(made))


def follow_join(wrapped: Callable[..., None], thread: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Report a wait for the end of a thread, once it has ended, or when it lasts. A wait that timed out is none."""
    run = fastpath.kept_in(thread, RUN)
    timeout = timeout_of(args, kwargs)
    if run is None or not (runtime.is_active() and thread.is_alive()) or run.thread == fastpath.thread_state().serial:
        wrapped(*args, **kwargs)
    else:
        if timeout is None or timeout > 0:
            will_sleep()
        wait_judging(RunEnd(run), wrapped, thread.is_alive, timeout)
    if run is not None and not thread.is_alive():
        collect_ended(run)
        ended(run)
        remember_ended(run, run.sort)
        joined(run, timed=timeout is not None)
