"""Ways to end a lock operation by an exception, at each point where one can come.

A mishap is tried with the numbers 0, 1, 2, ... until the operation has no point of that number. Each number stands for
one point: an allocation that fails, an event of Python code of ours, or a level of the stack near its end.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import FrameType, TracebackType
from typing import Any

from lockdep import fastpath, runtime, trace
from lockdep.fastpath import Chain, NoHooks, ThreadState
from lockdep.graph.classes import registry
from tests.sourcetree import ROOT

LEVELS = 120  # of the stack, counted from its end, on which an operation is tried
OURS = (f"{ROOT}/lockdep/", f"{ROOT}/primitives/", "lockdep/", "primitives/")  # compiled code has relative names

Operation = Callable[[], Any]


class Stop(BaseException):
    """What a signal handler may raise."""


@dataclass(frozen=True)
class Outcome:
    """What became of an operation. It keeps no exception: CPython has 16 MemoryErrors for when there is no memory.

    done    the caller was told that it was done
    raised  an exception came out
    begun   code of ours was reached before that
    hit     it got as far as the point where something was to happen
    """

    done: bool
    raised: bool
    begun: bool
    hit: bool


def judged(result: Any, error: BaseException | None, hit: bool) -> Outcome:
    begun = error is None or any(is_ours(frame) for frame in frames_of(error.__traceback__))
    return Outcome(error is None and result is not False, error is not None, begun, hit)


def frames_of(traceback: TracebackType | None) -> Iterator[FrameType]:
    while traceback is not None:
        yield traceback.tb_frame
        traceback = traceback.tb_next


def is_ours(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith(OURS) or frame.f_code.co_qualname.startswith("Admitting.")


def outcome_of(operation: Operation, hit: bool) -> Outcome:
    try:
        return judged(operation(), None, hit)
    except (Stop, MemoryError, RecursionError) as error:
        return judged(None, error, hit)


def failing_from_on(operation: Operation, number: int) -> Outcome:
    """Let every allocation from the given one on fail."""
    return limited(operation, number, 0)


def failing_once(operation: Operation, number: int) -> Outcome:
    """Let one allocation fail. Whether it was reached is not known."""
    return limited(operation, number, number + 1)


def limited(operation: Operation, first: int, end: int) -> Outcome:
    import _testcapi

    result = raised = None
    hit = False
    gc.disable()  # a collection would have allocations of its own
    _testcapi.set_nomemory(first, end)
    try:
        try:
            result = operation()
        except MemoryError:
            raised = True
        [first]  # noqa: B018 - an allocation, to see whether it fails
    except MemoryError:
        hit = True
    finally:
        _testcapi.remove_mem_hooks()
        gc.enable()
    return Outcome(not raised and result is not False, bool(raised), True, hit)


class Countdown:
    """A trace or profile function that raises Stop at the n-th event of Python code of ours."""

    def __init__(self, number: int) -> None:
        self.left = number
        self.hit = False

    def __call__(self, frame: FrameType, _event: str, _argument: object) -> Any:
        if self.hit or not is_ours(frame):
            return None
        self.left -= 1
        if self.left < 0:
            self.hit = True
            raise Stop
        return self


def traced(operation: Operation, number: int) -> Outcome:
    """Raise at an event of sys.settrace: a call, a line or a return."""
    return watched(sys.settrace, operation, number)


def profiled(operation: Operation, number: int) -> Outcome:
    """Raise at an event of sys.setprofile: a call or a return, also of a function that is written in C."""
    return watched(sys.setprofile, operation, number)


def watched(switch: Callable[[Any], None], operation: Operation, number: int) -> Outcome:
    countdown = Countdown(number)
    switch(countdown)
    try:
        outcome = outcome_of(operation, True)
    finally:
        switch(None)
    return outcome if countdown.hit else replace(outcome, hit=False)


def shallow(operation: Operation, number: int) -> Outcome:
    """Run it where the stack has room for few more calls."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(depth_of_stack() + LEVELS)
    try:
        return outcome_of(lambda: deeper(operation, LEVELS - number), number < LEVELS)
    finally:
        sys.setrecursionlimit(before)


def depth_of_stack() -> int:
    frame, depth = sys._getframe(), 0
    while frame.f_back is not None:
        frame, depth = frame.f_back, depth + 1
    return depth


def deeper(operation: Operation, levels: int) -> Any:
    return operation() if levels <= 0 else deeper(operation, levels - 1)


class Admitting(NoHooks):
    """A validator that finds nothing wrong."""

    def judge(self, state: ThreadState) -> None:
        for seen in state.sightings:
            seen.chain.admit()  # type: ignore[union-attr]
        super().judge(state)


@contextmanager
def tracking(prompt: bool = False) -> Iterator[None]:
    """Track all locks for a validator that finds nothing wrong."""
    root = Chain(None, None)
    root.admit()
    settings = fastpath.Settings(registry.locate, trace.OURS, 65536, prompt=prompt)
    fastpath.connect(root, Admitting(), settings)
    try:
        yield
    finally:
        runtime.connect(runtime.validator())


@contextmanager
def times() -> Iterator[None]:
    """Take times, and trace events."""
    fastpath.switch_stat(True)
    fastpath.trace_events(100)
    try:
        yield
    finally:
        fastpath.trace_events(0)
        fastpath.switch_stat(False)


def times_held(serial: int) -> int:
    """Return how often this thread holds a lock, as the books say."""
    return [held for _, held in fastpath.thread_state().held()].count(serial)
