"""Event loops: a lock of threads that a task holds while it awaits something.

Another task of the loop that wants the lock stops the thread of the loop, and with it the task that would release it.
A callback of asyncio that returns with a lock held that it has taken is a task that waits, if it is one that is not
done. uvloop runs the tasks of asyncio from C code: each of their steps is wrapped when it is scheduled. trio tells an
instrument when a step of a task ends. anyio runs on one of these.

Cost: 0.2 us for each callback of asyncio, 0.5 us for each step of a task elsewhere.
"""

from __future__ import annotations

import functools
from types import CodeType, ModuleType
from typing import Any, Protocol

from lockdep import fastpath, runtime, trace
from lockdep.fastpath import ThreadState
from lockdep.trace import StackTrace

MOST_FRAMES = 64
NOTHING: frozenset[int] = frozenset()
FRAMES = ("cr_frame", "gi_frame", "ag_frame")  # where coroutines and generators have their frame


class Rebinds(Protocol):
    """What remembers how a change of the program is undone; see lockdep.patch.changes."""

    def rebind(self, namespace: Any, name: str, value: object) -> None:
        """Set an attribute until the changes are taken back."""


def follow_handles(changes: Rebinds, events: ModuleType) -> None:
    """Look at the locks before and after each callback of asyncio, until `changes` are taken back."""
    original = events.Handle._run

    @functools.wraps(original)
    def _run(self: Any) -> None:
        state = fastpath.thread_state()
        before = serials(state) if state.chain.depth else NOTHING
        original(self)
        if state.chain.depth:
            awaiting(state, self._callback, before)
        self = None  # else an exception of a task keeps the task, through this frame; the original does the same

    changes.rebind(events.Handle, "_run", _run)


def follow_uvloop(changes: Rebinds, uvloop: ModuleType) -> None:
    """Look at the locks before and after each step of a task that a loop of uvloop runs."""
    original = uvloop.Loop.call_soon

    @functools.wraps(original)
    def call_soon(self: Any, callback: Any, *args: Any, context: Any = None) -> Any:
        if hasattr(getattr(callback, "__self__", None), "get_coro"):
            callback = Step(callback)
        return original(self, callback, *args, context=context)

    changes.rebind(uvloop.Loop, "call_soon", call_soon)


class Step:
    """A callback that is one step of a task of asyncio. It passes for the callback."""

    __slots__ = ("__wrapped__",)

    def __init__(self, callback: Any) -> None:
        self.__wrapped__: Any = callback

    def __call__(self, *args: Any) -> None:
        """Run the step, and report what the task holds then."""
        state = fastpath.thread_state()
        before = serials(state) if state.chain.depth else NOTHING
        self.__wrapped__(*args)
        if state.chain.depth:
            awaiting(state, self.__wrapped__, before)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__wrapped__, name)

    def __repr__(self) -> str:
        return repr(self.__wrapped__)


def follow_trio(changes: Rebinds, module: ModuleType) -> None:
    """Look at the locks before and after each step of a task of trio; `module` is trio._core._run."""
    original = module.setup_runner

    @functools.wraps(original)
    def setup_runner(clock: Any, instruments: Any, *args: Any, **kwargs: Any) -> Any:
        return original(clock, [*instruments, Steps()], *args, **kwargs)

    changes.rebind(module, "setup_runner", setup_runner)


class Steps:
    """The instrument of one run of trio, in the words of trio.abc.Instrument."""

    def __init__(self) -> None:
        self._before = NOTHING

    def before_task_step(self, _task: Any) -> None:
        """Note what is held before a step of a task."""
        state = fastpath.thread_state()
        self._before = serials(state) if state.chain.depth else NOTHING

    def after_task_step(self, task: Any) -> None:
        """Report what a task holds that it has taken in this step, unless it has ended."""
        state = fastpath.thread_state()
        if state.chain.depth and first_of(task.coro, *FRAMES) is not None:
            report(state, task.coro, self._before)


def serials(state: ThreadState) -> frozenset[int]:
    """Return the serials of the locks that a thread holds."""
    return frozenset([serial for _, serial in state.held()])


def awaiting(state: ThreadState, callback: Any, before: frozenset[int]) -> None:
    """Report the locks that were not held before, if the callback is a task that waits now."""
    task: Any = getattr(callback, "__self__", None)
    if hasattr(task, "get_coro") and not task.done():
        report(state, task.get_coro(), before)


def report(state: ThreadState, coro: Any, before: frozenset[int]) -> None:
    """Report the locks that were not held before, and that are held now, where this coroutine waits."""
    taken = serials(state) - before
    if taken and runtime.is_active():
        runtime.validator().awaiting(state, stack_of(coro), taken)


def stack_of(coro: Any) -> StackTrace:
    """Return where a task waits: the frames of its coroutines, innermost first."""
    pairs: list[tuple[CodeType, int]] = []
    waits = coro
    while waits is not None and len(pairs) < MOST_FRAMES:
        frame = first_of(waits, *FRAMES)
        if frame is not None:
            pairs.append((frame.f_code, frame.f_lasti))
        waits = first_of(waits, "cr_await", "gi_yieldfrom", "ag_await")
    return trace.stack_of(reversed(pairs))


def first_of(waits: object, *names: str) -> Any:
    """Return the first attribute of these names that there is."""
    for name in names:
        found = getattr(waits, name, None)
        if found is not None:
            return found
    return None
