"""The engine of all contexts: what happens when a handler starts or ends, or when a state is switched off or on.

Each call works on the thread that makes it: it changes the thread's Context, notes where, and puts the thread under
another root of the trie, so that a chain known in one context is judged anew in another. When a state is enabled, the
locks held at that moment count as held with it enabled, and interrupts that were sent to the thread come in.

Cost: about 5 us for each call; the next acquisition in a context takes the slow path once for each chain. Nothing here
waits, except for the graph lock where locks are held while a state is enabled (see Validator).
"""

from __future__ import annotations

import sys

from lockdep import fastpath, runtime, trace
from lockdep.fastpath import ThreadState
from lockdep.vocabulary.context import ORDINARY, Context
from lockdep.vocabulary.states import State


def context() -> Context:
    """Return the context of this thread, for reading only."""
    return fastpath.thread_state().context or ORDINARY


def enter(state: State, *, threaded: bool = False) -> None:
    """Start a handler of a state: locks taken from now on are taken inside it.

    The state itself, and those it is behind in the STATE table, are switched off. `threaded` handlers may wait as long
    as a thread of a real-time kernel may. Each enter needs a leave in the same thread.
    """
    thread, changing = own_context()
    changing.enter(state, state.threaded if threaded else state.wait)
    switched(thread, changing, state, on=False)


def leave(state: State) -> None:
    """End the innermost handler of a state; what it had switched off is as it was before it.

    Without such a handler nothing changes, and that is a finding.
    """
    thread, changing = own_context()
    if not changing.depths[state.number]:
        misused(f"{state.noun}_exit outside of a {state.noun} handler", "leave what was entered")
        return
    changing.leave(state)
    switched(thread, changing, state.masked[-1], on=True)


def disable(state: State) -> None:
    """Keep a state from interrupting this thread. Nests if its row says so, else the second time changes nothing."""
    thread, changing = own_context()
    was_on = not changing.off[state.number]
    changing.switch_off(state)
    if was_on:
        switched(thread, changing, state, on=False)


def enable(state: State) -> bool:
    """Undo one disable. When it was the last one, each lock that is held now counts as held with the state enabled.

    Returns False, and changes nothing, if the state was not disabled.
    """
    thread, changing = own_context()
    if not changing.off[state.number]:
        return False
    changing.switch_on(state)
    if not changing.off[state.number]:
        switched(thread, changing, state, on=True)
    return True


def hold_preemption(change: int) -> None:
    """Hold preemption off once more (1), or once less (-1). Locks that are taken while it is off have another root."""
    thread, changing = own_context()
    before, changing.preempt_depth = changing.preempt_depth, changing.preempt_depth + change
    if not before or not changing.preempt_depth:
        thread.enter(changing, *changing.root())


def is_disabled(state: State) -> bool:
    """Return whether this thread has switched a state off, by `disable` or by running a handler that masks it."""
    return context().off[state.number] > 0


def depth(state: State) -> int:
    """Return how many handlers of a state this thread is running."""
    return context().depths[state.number]


def forget() -> None:
    """Return to ordinary code, whatever was entered or disabled. For tests."""
    thread = fastpath.thread_state()
    if thread.context is not None:
        thread.enter(None, None, 0)


def own_context() -> tuple[ThreadState, Context]:
    """Return this thread and its context, made if need be, for a change."""
    thread = fastpath.thread_state()
    if thread.context is None:
        thread.enter(Context(), None, 0)
    elif not thread.prompt:  # one of Python's own
        thread.enter(thread.context.copy(), thread.context_key, thread.context_mode)
    return thread, thread.context


def switched(thread: ThreadState, changed: Context, state: State, *, on: bool) -> None:
    """Put the thread under the root of its changed context. `state` is what a report names as switched."""
    enabling = on and not changed.off[state.number]
    if enabling or not on:
        caller = sys._getframe(2)  # of the function of this module that was called
        changed.note(state, trace.capture(runtime.validator().options.stack_depth, caller), on=on)
    thread.enter(changed, *changed.root())
    if enabling and thread.chain.depth and changed.enabled and thread.settle() and thread.chain.depth:
        runtime.validator().enabled(thread)  # asked again after settle: another thread may have released what was held
    if enabling and thread.pending:
        thread.let_in()


def misused(broken: str, text: str) -> None:
    """Report that a context was left or enabled without having been entered or disabled."""
    if runtime.is_active():
        runtime.validator().misused(broken, text)
