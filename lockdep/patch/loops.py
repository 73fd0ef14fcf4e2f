"""asyncio.run_coroutine_threadsafe: the future that it returns is waited for in vain by the thread of the loop.

Another thread that waits for it depends on all that the loop's thread takes meanwhile, in whichever callback. What that
has taken before the loop ran does not count, and nothing is known of loops in the main thread.

Cost: about 1 us for each call.
"""

from __future__ import annotations

import functools
import sys
import weakref
from collections.abc import Callable
from types import CodeType, ModuleType
from typing import Any, NamedTuple

from lockdep import fastpath, runtime
from lockdep.graph.runs import Run
from lockdep.kept import kept
from lockdep.patch.changes import Changes
from lockdep.patch.servers import Awaited, Server
from lockdep.paths import short_path

_RUNS = "_lockdep_runs"  # the attribute of a loop that has its Server; None if its run is not known
_GIVEN = "_lockdep_loop"  # the attribute of a Future that says which loop sets its result


@kept
class Given(NamedTuple):
    """A coroutine that was given to a loop (a weak reference): its name, and the place where its code begins."""

    loop: Callable[[], Any]
    name: str
    place: str


def follow_loops(changes: Changes, tasks: ModuleType) -> None:
    """Remember which loop a coroutine is given to."""
    original = tasks.run_coroutine_threadsafe

    @functools.wraps(original)
    def run_coroutine_threadsafe(coro: Any, loop: Any) -> Any:
        future = original(coro, loop)
        if changes.in_force and runtime.is_active():
            vars(future)[_GIVEN] = given(coro, loop)
        return future

    changes.rebind(tasks, "run_coroutine_threadsafe", run_coroutine_threadsafe)
    package = sys.modules.get(tasks.__name__.rpartition(".")[0])
    theirs = vars(package or tasks).get("run_coroutine_threadsafe")
    if getattr(theirs, "__wrapped__", theirs) is original:  # asyncio was imported before, and has a copy
        changes.rebind(package, "run_coroutine_threadsafe", run_coroutine_threadsafe)


def follow_running(changes: Changes, base_events: ModuleType) -> None:
    """Remember in which run a loop runs, and from which moment on."""
    original = base_events.BaseEventLoop.run_forever

    @functools.wraps(original)
    def run_forever(self: Any) -> None:
        record = fastpath.thread_state().record
        server = vars(self)[_RUNS] = Server(record, "the thread of its event loop") if isinstance(record, Run) else None
        try:
            original(self)
        finally:
            if server is not None:
                server.judge_again()

    changes.rebind(base_events.BaseEventLoop, "run_forever", run_forever)


def awaited_from_loop(future: Any) -> Awaited | None:
    """Return what a wait for this future waits for, if the coroutine of a loop ends it; None if that is not known."""
    given: Given | None = vars(future).get(_GIVEN)
    loop = None if given is None else given.loop()
    server: Server | None = None if loop is None else fastpath.kept_in(loop, _RUNS)
    return None if given is None or server is None else Awaited(server, f"coroutine {given.name}", given.place)


def given(coro: Any, loop: Any) -> Given:
    """Return what is remembered of a coroutine."""
    code = getattr(coro, "cr_code", None)
    name = str(getattr(coro, "__qualname__", type(coro).__qualname__))
    place = f"{short_path(code.co_filename)}:{code.co_firstlineno}" if isinstance(code, CodeType) else name
    return Given(weakref.ref(loop), name, f"task:{place}")


def runs_loop() -> bool:
    """Return whether the running thread is inside a callback of an event loop of asyncio."""
    events = sys.modules.get("asyncio.events")
    return events is not None and events._get_running_loop() is not None


def wait_for_loop(future: Any, *, timed: bool) -> None:
    """Report a wait for a future that only the loop of the running thread can end.

    Raises DeadlockError if the option raise_on_deadlock is set, and the wait has no timeout.
    """
    known: Given | None = vars(future).get(_GIVEN)
    if known is not None and known.loop() is sys.modules["asyncio"]._get_running_loop():
        runtime.validator().waits_for_loop(fastpath.thread_state(), known.name, known.place, timed=timed)
