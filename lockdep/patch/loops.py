"""asyncio.run_coroutine_threadsafe: the future that it returns is waited for in vain by the thread of the loop.

Another thread that waits for it depends on all that the loop's thread takes meanwhile, in whichever callback. What that
has taken before the loop ran does not count, and nothing is known of loops in the main thread.

Cost: about 1 us for each call.
"""

from __future__ import annotations

import functools
import sys
import weakref
from collections.abc import Callable, Hashable
from types import CodeType, ModuleType
from typing import Any, NamedTuple

from lockdep import fastpath, runtime
from lockdep.fastpath import ThreadState
from lockdep.graph.runs import Run
from lockdep.kept import kept
from lockdep.patch.changes import Changes
from lockdep.patch.joins import joined
from lockdep.paths import short_path

_RUNS = "_lockdep_runs"  # the attribute of a loop that has its Running; None if its run is not known
_GIVEN = "_lockdep_loop"  # the attribute of a Future that says which loop sets its result
MOST_WAITS = 16  # for coroutines of one loop, that are remembered

Judge = Callable[[ThreadState, Run], None]


@kept
class Given(NamedTuple):
    """A coroutine that was given to a loop (a weak reference): its name, and the place where its code begins."""

    loop: Callable[[], Any]
    name: str
    place: str


class Running:
    """A loop that runs since a moment, in a run, and who has waited for its coroutines while holding locks.

    What the loop's thread takes later could as well have come before, so each wait is judged again by that.
    """

    def __init__(self, record: Run) -> None:
        self.record: Run = record
        self._since: int = fastpath.new_serial()
        self._waits: dict[Hashable, tuple[Given, Judge]] = {}
        self._judged: int = 0  # how many locks the run had taken when the waits were judged

    def run_for(self, given: Given) -> Run:
        """Return a run that has taken what the loop's thread has taken since the loop runs, as that of a coroutine."""
        run = self.record.since(self._since, f"coroutine {given.name}", given.place)
        run.taker = "the thread of its event loop"
        return run

    def remember(self, given: Given, state: ThreadState, *, timed: bool) -> None:
        """Remember that the running thread has waited for a coroutine."""
        key = given.place, timed, frozenset(serial for _, serial in state.held())
        if key in self._waits or len(self._waits) >= MOST_WAITS:
            return
        judge = runtime.validator().seen_wait(state, timed=timed)
        if judge is not None:
            self._waits[key] = given, judge

    def judge_again(self) -> None:
        """Judge the remembered waits, if the loop's thread has taken other locks since."""
        number = len(self.record.took)
        if number == self._judged or not runtime.is_active():
            return
        self._judged = number
        for given, judge in list(self._waits.values()):
            judge(fastpath.thread_state(), self.run_for(given))


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
        running = vars(self)[_RUNS] = Running(record) if isinstance(record, Run) else None
        try:
            original(self)
        finally:
            if running is not None:
                running.judge_again()

    changes.rebind(base_events.BaseEventLoop, "run_forever", run_forever)


def wait_for_coroutine_ended(future: Any, *, timed: bool, known: bool) -> None:
    """Judge a wait for a coroutine that a loop has ended; `known` says that this thread knew that it had ended."""
    given: Given | None = vars(future).get(_GIVEN)
    loop = None if given is None else given.loop()
    running: Running | None = None if loop is None else fastpath.kept_in(loop, _RUNS)
    state = fastpath.thread_state()
    if given is None or running is None or running.record.thread == state.serial:
        return
    if not known:
        joined(running.run_for(given), timed=timed)
    running.judge_again()
    if not known and state.chain.depth:
        running.remember(given, state, timed=timed)


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
