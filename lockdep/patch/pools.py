"""Thread pools: where one was made, and work items that wait for others of their own pool.

An item that was submitted before the waiting one has begun before it, so that a wait for it is harmless. Cost: some us
for each of the first waits of an item for one of its own pool.
"""

from __future__ import annotations

import functools
import weakref
from types import ModuleType
from typing import Any

from lockdep import fastpath, runtime, trace
from lockdep.graph import naming
from lockdep.graph.runs import Pool, Run, Task
from lockdep.kept import kept
from lockdep.patch.attributes import hide
from lockdep.patch.changes import Changes
from lockdep.patch.joins import MADE
from lockdep.places import Step

POOL = "_lockdep_pool"  # the attribute of an executor that is its Pool, and of a Future that refers to the executor
_REFERENCE = "_lockdep_reference"  # that of an executor that is a Reference to it
_TASK = "_lockdep_task"  # the attribute of a Future that is its Task
pool_of_queue: weakref.WeakKeyDictionary[Any, Pool] = weakref.WeakKeyDictionary()  # of ThreadPools of multiprocessing


def follow_pools(changes: Changes, module: ModuleType) -> None:
    """Note where each pool is made."""
    original = module.ThreadPoolExecutor.__init__

    @functools.wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        vars(self)[MADE] = trace.innermost()

    hide(changes, module.ThreadPoolExecutor)
    changes.rebind(module.ThreadPoolExecutor, "__init__", __init__)


@kept
class Reference(weakref.ref[Any]):
    """What a Future keeps of its executor."""

    __slots__ = ()


def reference_to(executor: Any) -> Reference:
    """Return what the futures of an executor keep of it, made once."""
    found: Reference | None = fastpath.kept_in(executor, _REFERENCE)
    if found is None:
        found = Reference(executor)
        fastpath.keep_in(executor, _REFERENCE, found)
    return found


def executor_of(future: Any) -> Any:
    """Return the executor that a work item was given to, as long as it lives."""
    reference = fastpath.kept_in(future, POOL)
    return None if reference is None else reference()


def keep_task(future: Any, task: Task) -> None:
    """Note of which work item this is the future or result."""
    fastpath.keep_in(future, _TASK, task)


def task_of(future: Any) -> Task | None:
    """Return what was noted of the work item of a future."""
    found: Task | None = fastpath.kept_in(future, _TASK)
    return found


def runs_item() -> bool:
    """Return whether the running thread is at a work item: nobody else waits in a pool."""
    run = fastpath.thread_state().record
    return isinstance(run, Run) and run.task is not None


def wait_in_pool(future: Any, *, timed: bool) -> None:
    """Judge a wait for a work item, if the waiting thread is a worker of the same pool."""
    state = fastpath.thread_state()
    run, awaited = state.record, task_of(future)
    if not isinstance(run, Run) or run.task is None or awaited is None or state.busy:
        return
    executor = executor_of(future)
    pool = run.origin.pool
    if pool is not None and executor and fastpath.kept_in(executor, POOL) is pool and awaited.queued > run.task.queued:
        runtime.validator().waits_in_pool(state, pool, place_of(executor), run.task, awaited, timed=timed)


def place_of(executor: Any) -> str:
    """Return where a pool was made; its type if that was before lockdep was installed."""
    made: Step | None = fastpath.kept_in(executor, MADE)
    return f"pool:{type(executor).__name__ if made is None else naming.place_name(made)}"
