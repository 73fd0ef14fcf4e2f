"""What a thread holds, for rules and reports: the class, the instance and the place of each held lock."""

from __future__ import annotations

import threading

from lockdep import fastpath
from lockdep.fastpath import Chain, ThreadState
from lockdep.fastpath.places import step_of
from lockdep.trace import NO_STACK, StackTrace, is_hidden
from lockdep.violations.where import HeldLock

_active: dict[int, threading.Thread] = threading._active  # type: ignore[attr-defined]


def held_locks(thread: ThreadState, now: StackTrace) -> tuple[HeldLock, ...]:
    """Return the held locks of a thread, outermost first. `now` is the stack on which the thread stands."""
    return held_along(thread, thread.chain, now)


def held_along(thread: ThreadState, chain: Chain, now: StackTrace) -> tuple[HeldLock, ...]:
    """Return the held locks of a thread down to this chain, outermost first. `now` is the stack on which it stands."""
    return tuple(
        HeldLock(step.entry.lock_class, serial, taken_at(thread, depth, step.stack or NO_STACK, now), step.entry.mode)
        for depth, (step, serial) in enumerate(thread.held_along(chain), 1)
    )


def taken_at(thread: ThreadState, depth: int, first: StackTrace, now: StackTrace) -> StackTrace:
    """Return where the lock at this depth was taken.

    The compiled build knows the instruction that took it. If the function is still running, its callers are those on
    the stack `now`. Otherwise the best known place is where the chain was first reached, the stack `first`, joined with
    the callers of now if they pass through the same function.
    """
    for index, step in enumerate(now.steps):
        code = step.source()
        lasti = -1 if code is None else thread.lasti_in(code, depth)
        if code is not None and lasti >= 0:
            return StackTrace((step_of(code, lasti), *now.steps[index + 1 :]))
    for index, step in enumerate(first.steps):
        if not is_hidden(step.file):
            at = now.from_function(step)
            return first if at < 0 else StackTrace((*first.steps[: index + 1], *now.steps[at + 1 :]))
    return first


def thread_name(thread: ThreadState | None = None) -> str:
    """Return the name of a thread, by default the running one.

    Makes no Thread object for a thread that threading does not know: that would take locks.
    """
    thread = fastpath.thread_state() if thread is None else thread
    known = _active.get(thread.ident)
    if known is not None:
        return str(known._name)  # type: ignore[attr-defined]
    return thread.record.label() if thread.record is not None else "unnamed thread"
