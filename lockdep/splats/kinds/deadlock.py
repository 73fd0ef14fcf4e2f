"""Threads that wait for each other in a circle (kernel: debug_rt_mutex_print_deadlock)."""

from __future__ import annotations

from collections.abc import Sequence

from lockdep.splats.document import Brief, Side
from lockdep.splats.page import TAKEN, Body, Page, frames, heading, line, outcome
from lockdep.splats.sketch import Letters, holding, standing
from lockdep.splats.tellers import sketches, tells
from lockdep.violations.deadlock import Blocked, Deadlock


@tells(Deadlock)
def body(page: Page, violation: Deadlock) -> Body:
    """Return the report: what each thread waits for and holds, and where it is."""
    names = [thread.where.thread for thread in violation.threads]
    lines: Body = []
    for number, thread in enumerate(violation.threads):
        lines += [*waiting(page, number + 1, thread, names[(number + 1) % len(names)]), ""]
    return [*lines, outcome(timed=False), *behind(violation.behind)]


def behind(names: Sequence[str]) -> Body:
    """Return the line about the threads that wait for those in the deadlock."""
    return ["", f"blocked behind them: {', '.join(names)}"] if names else []


def waiting(page: Page, number: int, thread: Blocked, holder: str) -> Body:
    """Return the lines about one thread. `holder` is the one that it waits for, if it is only one."""
    name = thread.where.thread
    if thread.lock_class is not None:
        held = f" that {holder} holds" if holder else ""
        lines: Body = [heading(f"{number}) {name} waits for a lock{held}:")]
        lines += [page.class_line(thread.lock_class), " at:"]
    else:
        lines = [heading(f"{number}) {name} waits for:"), f"  {thread.awaited} [{thread.place}]", " at:"]
    lines += [frames(thread.where.stack), *page.held_list(thread.where)]
    for at, lock in enumerate(thread.where.held):
        if len(lock.stack.frames()) > 1:  # else the line above says it all
            lines += [line(f" #{at} was {TAKEN}:"), frames(lock.stack)]
    return lines


@sketches(Deadlock)
def brief(page: Page, violation: Deadlock) -> Brief:
    """Return what each thread holds and waits for."""
    fix = "take the locks in one order everywhere, and wait for others when no lock is held that they need"
    return picture(page, violation.threads, violation.behind, fix)


def picture(page: Page, threads: Sequence[Blocked], waiting_behind: Sequence[str], fix: str) -> Brief:
    """Return a side for each thread, and one for those behind them."""
    letters = Letters(page)
    told = [side_of(letters, thread) for thread in threads]
    told += [Side(str(text), ()) for text in behind(waiting_behind) if text]
    return Brief(letters.rows(), tuple(told), None, outcome(timed=False), fix)


def side_of(letters: Letters, thread: Blocked) -> Side:
    """Return what one thread holds and waits for, with its calls."""
    holds = holding(letters, thread.where)
    wanted = f"{thread.awaited} [{thread.place}]" if thread.lock_class is None else letters.of(thread.lock_class)
    wants = "waits" if thread.lock_class is None else f"wants {wanted}"
    return Side(f"{thread.where.thread} {holds}waits for {wanted}", standing(letters, thread.where, wants))
