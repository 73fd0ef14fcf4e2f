"""What a thread holds, for the rules and reports: classes, instances and where each lock was taken."""

from __future__ import annotations

import threading

from lockdep import fastpath
from lockdep.fastpath import ThreadState
from lockdep.trace import NO_STACK, StackTrace, held_stack
from lockdep.violations import HeldLock

_active: dict[int, threading.Thread] = threading._active  # type: ignore[attr-defined]


def held_locks(state: ThreadState, now: StackTrace) -> tuple[HeldLock, ...]:
    """Return the held locks of a thread, outermost first, as seen from the stack `now`."""
    return tuple(
        HeldLock(chain.entry.lock_class, serial, held_stack(chain.stack or NO_STACK, now), chain.entry.mode)
        for chain, serial in state.held()
    )


def thread_name(state: ThreadState | None = None) -> str:
    """Return the name of a thread, without making a Thread object for it: that would take locks."""
    state = fastpath.thread_state() if state is None else state
    thread = _active.get(state.ident)
    if thread is not None:
        return str(thread._name)  # type: ignore[attr-defined]
    return state.record.label() if state.record is not None else "unnamed thread"
