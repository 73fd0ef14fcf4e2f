"""The storm: for some seconds, lock operations are interrupted in every way at once. Then every lock must be free."""

from __future__ import annotations

import gc
import sys
import threading
import time
import warnings
from random import Random

from tests.stress import subject
from tests.stress.alarms import Alarms
from tests.stress.deadlocks import Deadlocks
from tests.stress.forks import fork_once
from tests.stress.garbage import Yard, clear_garbage, heat_collector
from tests.stress.locks import make_locks, not_free
from tests.stress.program import Program, keep_working, main_round

FORK_EVERY, DEADLOCK_EVERY = 40, 5  # rounds of the main thread


def run(seconds: float, kind: subject.Kind, seed: int) -> list[str]:
    """Run the storm for `seconds`, print what was done, and return what went wrong."""
    subject.install(kind)
    locks = make_locks()
    program = Program(kind, Random(seed), locks)
    watch_exceptions(program)
    alarms = Alarms(locks)
    heat_collector()
    deadlocks = Deadlocks() if kind == "lockdep" else None
    interrupted, forks = blow(program, alarms, deadlocks, time.monotonic() + seconds)
    settle(program, deadlocks)
    print(
        f"storm on {subject.build(kind)} locks, seed {seed}: {alarms.handled} signals, "
        f"{next(Yard.numbers)} finalizers, {interrupted} interrupts "
        f"({alarms.raised_blocked} into a blocked acquire), {forks} forks, "
        f"{program.started} threads, {program.rounds} rounds in them, "
        f"{0 if deadlocks is None else deadlocks.ended} deadlocks",
        flush=True,
    )
    if interrupted != alarms.raised:
        program.problems.append(f"{alarms.raised} interrupts were raised, {interrupted} arrived")
    return program.problems


def blow(program: Program, alarms: Alarms, deadlocks: Deadlocks | None, deadline: float) -> tuple[int, int]:
    """Run the main thread's part. Return how often it was interrupted and how often it forked."""
    interrupted = forks = number = 0
    yard = Yard(program.locks)
    alarms.start()
    while time.monotonic() < deadline and not program.problems:
        keep_working(program)
        interrupted += main_round(program, yard, number)
        number += 1
        if number % FORK_EVERY == 0:
            problem = fork_once(program.locks, program.kind)
            program.problems += [problem] if problem else []
            forks += 1
        elif number % DEADLOCK_EVERY == 0 and deadlocks is not None:
            program.problems += deadlocks.go_on()
    alarms.stop()
    return interrupted, forks


def settle(program: Program, deadlocks: Deadlocks | None) -> None:
    """Wait for the workers and the deadlocks, and add to the problems what is left: threads, held locks, findings."""
    for thread in program.workers:
        thread.join()
    if deadlocks is not None:
        program.problems += deadlocks.finish()
    clear_garbage()
    gc.set_threshold(700, 10, 10)
    if left := [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]:
        program.problems.append(f"threads are left: {left}")
    if stuck := not_free(program.locks):
        program.problems.append(f"locks are not free: {stuck}")
    if held := subject.held_here(program.kind):
        program.problems.append(f"the main thread has {held} held entries")
    program.problems += subject.findings(program.kind)


def watch_exceptions(program: Program) -> None:
    """Add exceptions of threads and finalizers, which Python only prints, to the problems. Ignore the fork warning."""

    def note(what: str, error: BaseException | None) -> None:
        program.problems.append(f"exception in {what}: {error!r}")

    def in_thread(arguments: threading.ExceptHookArgs) -> None:
        note("a thread", arguments.exc_value)
        sys.__excepthook__(arguments.exc_type, arguments.exc_value or arguments.exc_type(), arguments.exc_traceback)

    threading.excepthook = in_thread
    sys.unraisablehook = lambda arguments: note("a finalizer", arguments.exc_value)
    warnings.filterwarnings("ignore", message=".*fork", category=DeprecationWarning)
