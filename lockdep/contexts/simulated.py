"""Simulated interrupts: each thread's own hardirq and softirq state, as a kernel's CPU would have it.

Nothing is interrupted by this module itself: a program says when a handler starts and ends, and what is switched off.
The names and their meaning are the kernel's (include/linux/irqflags.h, bottom_half.h, preempt.h, hardirq.h). A switch
costs about 5 us; questions cost less than one.
"""

from __future__ import annotations

from lockdep import fastpath
from lockdep.contexts.engine import (
    context,
    depth,
    disable,
    enable,
    enter,
    forget,
    hold_preemption,
    is_disabled,
    leave,
    misused,
    own_context,
)
from lockdep.vocabulary.context import Context
from lockdep.vocabulary.states import HARDIRQ, SHOWN, SOFTIRQ
from lockdep.wait_types import INV, SLEEP

__all__ = [
    "count_preemption", "forget", "hardirq_enter", "hardirq_exit", "in_hardirq", "in_interrupt", "in_softirq",
    "in_task", "irq_state", "irqs_disabled", "local_bh_disable", "local_bh_enable", "local_irq_disable",
    "local_irq_enable", "local_irq_restore", "local_irq_save", "preempt_count", "preempt_disable", "preempt_enable",
    "softirq_enter", "softirq_exit", "spinning_locks",
]  # fmt: skip


def irq_state() -> Context:
    """Return the context of this thread, for reading only."""
    return context()


def local_irq_disable() -> None:
    """Switch interrupts off in this thread. Nothing changes if they are off already."""
    disable(HARDIRQ)


def local_irq_enable() -> None:
    """Switch interrupts on in this thread: each lock held now counts as held with them on.

    Nothing changes if they are on already. Inside a hardirq handler this is a finding.
    """
    if in_hardirq():
        misused("enabling interrupts inside a hardirq handler", "hardirq handlers run with interrupts off")
    enable(HARDIRQ)


def local_irq_save() -> bool:
    """Switch interrupts off; return whether they were on, for local_irq_restore."""
    flags = not irqs_disabled()
    local_irq_disable()
    return flags


def local_irq_restore(flags: bool) -> None:
    """Switch interrupts on or off, as they were when local_irq_save returned `flags`."""
    if flags and irqs_disabled():
        local_irq_enable()
    elif not flags:
        local_irq_disable()


def local_bh_disable() -> None:
    """Keep softirqs from running in this thread. Nests."""
    disable(SOFTIRQ)


def local_bh_enable() -> None:
    """Undo one local_bh_disable. At the last one, each lock held now counts as held with softirqs on.

    Without a local_bh_disable nothing changes, and that is a finding. So it is with interrupts off: softirqs, which
    would run now, run with interrupts on.
    """
    if irqs_disabled():
        misused("enabling bottom halves with interrupts off", "enable interrupts first")
    if not enable(SOFTIRQ):
        misused("unbalanced local_bh_enable", "bottom halves are enabled already")


def preempt_disable() -> None:
    """Promise not to sleep from here on. Nests. A lock that may sleep is a finding until preempt_enable."""
    hold_preemption(1)


def preempt_enable() -> None:
    """Undo one preempt_disable. Without one nothing changes, and that is a finding."""
    _, changing = own_context()
    if not changing.preempt_depth:
        misused("unbalanced preempt_enable", "preemption is enabled already")
        return
    hold_preemption(-1)


def count_preemption(change: int) -> None:
    """Change preempt_count only, for a lock that itself says that nothing may sleep under it. Cost: less than 1 us."""
    own_context()[1].preempt_depth += change


def preempt_count() -> int:
    """Return how often preemption is held off here.

    Each preempt_disable, local_bh_disable and handler that this code is inside of counts, and each held lock under
    which nothing may sleep: a spinlock, an RWLock, a SeqLock that is written, a section of classic RCU.
    """
    now = context()
    handlers = sum(now.depths[state.number] for state in SHOWN)
    return now.preempt_depth + now.off[SOFTIRQ.number] + handlers + spinning_locks()


def spinning_locks() -> int:
    """Return how many locks this thread holds under which nothing may sleep. Cost: O(held locks)."""
    held = [chain.entry.lock_class.traits for chain, _ in fastpath.thread_state().held()]
    return sum(traits.counted and INV < traits.inner < SLEEP for traits in held)


def hardirq_enter(*, threaded: bool = True) -> None:
    """Start a hardirq handler: interrupts are off in it. A real-time kernel would run `threaded` ones in a thread."""
    enter(HARDIRQ, threaded=threaded)


def hardirq_exit() -> None:
    """End a hardirq handler: interrupts are as they were before it. A finding if there is none."""
    leave(HARDIRQ)


def softirq_enter() -> None:
    """Start a softirq handler: bottom halves and interrupts are off in it."""
    enter(SOFTIRQ)


def softirq_exit() -> None:
    """End a softirq handler: bottom halves and interrupts are as they were before it. A finding if there is none."""
    leave(SOFTIRQ)


def irqs_disabled() -> bool:
    """Return whether interrupts are off in this thread."""
    return is_disabled(HARDIRQ)


def in_hardirq() -> bool:
    """Return whether this code runs in a hardirq handler."""
    return depth(HARDIRQ) > 0


def in_softirq() -> bool:
    """Return whether this code runs in a softirq handler, or with bottom halves disabled, as in the kernel."""
    return is_disabled(SOFTIRQ)


def in_interrupt() -> bool:
    """Return whether this code runs in a handler, or with bottom halves disabled."""
    return in_hardirq() or in_softirq()


def in_task() -> bool:
    """Return whether this code runs in no handler."""
    return not any(depth(state) for state in SHOWN)
