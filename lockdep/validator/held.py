"""What a thread holds, for the rules and reports: classes, instances and where each lock was taken."""

from __future__ import annotations

import threading

from lockdep import fastpath
from lockdep.fastpath import Chain, ThreadState
from lockdep.trace import NO_STACK, StackTrace, is_hidden
from lockdep.violations.where import HeldLock

_active: dict[int, threading.Thread] = threading._active  # type: ignore[attr-defined]


def held_locks(state: ThreadState, now: StackTrace) -> tuple[HeldLock, ...]:
    """Return the held locks of a thread, outermost first, as seen from the stack `now`."""
    return held_along(state, state.chain, now)


def held_along(state: ThreadState, chain: Chain, now: StackTrace) -> tuple[HeldLock, ...]:
    """Return the held locks of a thread that lead to this chain, outermost first."""
    return tuple(
        HeldLock(step.entry.lock_class, serial, taken_at(state, depth, step.stack or NO_STACK, now), step.entry.mode)
        for depth, (step, serial) in enumerate(state.held_along(chain), 1)
    )


def taken_at(state: ThreadState, depth: int, first: StackTrace, now: StackTrace) -> StackTrace:
    """Return where the lock at this depth was taken.

    The compiled build knows the instruction; if its function is running still, the callers are those of now.
    Otherwise the best that is known is where the chain was first reached, `first`, with the callers of now where they
    pass through the same function.
    """
    for index, (code, _) in enumerate(now.steps):
        lasti = state.lasti_in(code, depth)
        if lasti >= 0:
            return StackTrace(((code, lasti), *now.steps[index + 1 :]))
    for index, (code, lasti) in enumerate(first.steps):
        if not is_hidden(code.co_filename):
            at = now.from_frame(code)
            return first if at < 0 else StackTrace((*first.steps[:index], (code, lasti), *now.steps[at + 1 :]))
    return first


def thread_name(state: ThreadState | None = None) -> str:
    """Return the name of a thread, without making a Thread object for it: that would take locks."""
    state = fastpath.thread_state() if state is None else state
    thread = _active.get(state.ident)
    if thread is not None:
        return str(thread._name)  # type: ignore[attr-defined]
    return state.record.label() if state.record is not None else "unnamed thread"
