"""Simulated interrupts: each thread's own hardirq and softirq state, as a kernel's CPU would have it.

Nothing is interrupted by this module itself. It keeps the counts, has the thread validated under another root of the
trie when they change, marks held locks when interrupts are enabled, and then lets in what was sent to the thread. The
names are the kernel's. A switch costs some microseconds, and the next acquisition takes the slow path once.
"""

from __future__ import annotations

import sys

from lockdep import fastpath, runtime, trace
from lockdep.fastpath import ThreadState
from lockdep.vocabulary.context import ORDINARY, IrqState


def irq_state() -> IrqState:
    """Return the interrupt state of this thread, for reading."""
    return fastpath.thread_state().context or ORDINARY


def local_irq_disable() -> None:
    """Switch interrupts off in this thread. Switching off what is off changes nothing."""
    state, irq = mine()
    if irq.hardirqs_on:
        irq.hardirqs_on = False
        changed(state, irq, "hardirqs last disabled")


def local_irq_enable() -> None:
    """Switch interrupts on: what is held now is held with them on. A finding inside a hardirq handler."""
    state, irq = mine()
    if irq.hardirq_depth:
        misused("enabling interrupts inside a hardirq handler", "hardirq handlers run with interrupts off")
    if not irq.hardirqs_on:
        irq.hardirqs_on = True
        changed(state, irq, "hardirqs last  enabled", enabling=True)


def local_irq_save() -> bool:
    """Switch interrupts off; return what local_irq_restore needs."""
    flags = irq_state().hardirqs_on
    local_irq_disable()
    return flags


def local_irq_restore(flags: bool) -> None:
    """Have interrupts as they were when local_irq_save returned `flags`."""
    if flags and irqs_disabled():
        local_irq_enable()
    elif not flags:
        local_irq_disable()


def local_bh_disable() -> None:
    """Keep softirqs from running in this thread. Nests."""
    state, irq = mine()
    irq.bh_depth += 1
    if irq.bh_depth == 1:
        changed(state, irq, "softirqs last disabled")


def local_bh_enable() -> None:
    """Undo one local_bh_disable. At the last one, what is held now is held with softirqs on."""
    state, irq = mine()
    if not irq.bh_depth:
        misused("unbalanced local_bh_enable", "bottom halves are enabled already")
        return
    irq.bh_depth -= 1
    if not irq.bh_depth:
        changed(state, irq, "softirqs last  enabled", enabling=True)


def preempt_disable() -> None:
    """Do not sleep from here on. Nests."""
    mine()[1].preempt_depth += 1


def preempt_enable() -> None:
    """Undo one preempt_disable."""
    irq = mine()[1]
    if not irq.preempt_depth:
        misused("unbalanced preempt_enable", "preemption is enabled already")
        return
    irq.preempt_depth -= 1


def preempt_count() -> int:
    """Return how many of preempt_disable, local_bh_disable and handlers this code is inside of."""
    irq = irq_state()
    return irq.preempt_depth + irq.bh_depth + irq.hardirq_depth + irq.softirq_depth


def hardirq_enter(*, threaded: bool = True) -> None:
    """Enter a hardirq handler: interrupts are off. `threaded`: it would have a thread on a real-time kernel."""
    state, irq = mine()
    irq.switches.append((irq.hardirqs_on, threaded))
    irq.hardirqs_on = False
    irq.hardirq_depth += 1
    changed(state, irq, "hardirqs last disabled")


def hardirq_exit() -> None:
    """Leave the handler; interrupts are as they were before it."""
    state, irq = mine()
    if not irq.hardirq_depth:
        misused("hardirq_exit outside of a hardirq handler", "leave what was entered")
        return
    irq.hardirq_depth -= 1
    leave(state, irq)


def softirq_enter() -> None:
    """Enter a softirq handler: bottom halves and interrupts are off."""
    state, irq = mine()
    irq.switches.append((irq.hardirqs_on, True))
    irq.hardirqs_on = False
    irq.bh_depth += 1
    irq.softirq_depth += 1
    changed(state, irq, "softirqs last disabled")


def softirq_exit() -> None:
    """Leave the handler; interrupts are as they were before it."""
    state, irq = mine()
    if not irq.softirq_depth:
        misused("softirq_exit outside of a softirq handler", "leave what was entered")
        return
    irq.softirq_depth -= 1
    irq.bh_depth -= 1
    leave(state, irq)


def irqs_disabled() -> bool:
    """Return whether interrupts are off in this thread."""
    return not irq_state().hardirqs_on


def in_hardirq() -> bool:
    """Return whether this code runs in a hardirq handler."""
    return bool(irq_state().hardirq_depth)


def in_softirq() -> bool:
    """Return whether this code runs in a softirq handler, or with bottom halves disabled, as in the kernel."""
    return bool(irq_state().bh_depth)


def in_interrupt() -> bool:
    """Return whether this code runs in a handler, or with bottom halves disabled."""
    return in_hardirq() or in_softirq()


def in_task() -> bool:
    """Return whether this code runs in no handler."""
    return not irq_state().inside


def forget() -> None:
    """Be in ordinary code again, whatever was entered or disabled. For tests."""
    state = fastpath.thread_state()
    if state.context is not None:
        state.enter(None, None, 0)


def mine() -> tuple[ThreadState, IrqState]:
    """Return this thread and its interrupt state, for a change."""
    state = fastpath.thread_state()
    if state.context is None:
        state.enter(IrqState(), None, 0)
    return state, state.context


def leave(state: ThreadState, irq: IrqState) -> None:
    """Have interrupts as they were before the handler."""
    irq.hardirqs_on, _ = irq.switches.pop()
    changed(state, irq, "hardirqs last  enabled", enabling=irq.hardirqs_on)


def changed(state: ThreadState, irq: IrqState, what: str, *, enabling: bool = False) -> None:
    """Go on under another root, and judge the held locks when something was enabled."""
    irq.note(what, trace.capture(runtime.validator().options.stack_depth, sys._getframe(1)))
    state.enter(irq, irq.key(), irq.mode())
    if enabling and irq.enabled and state.settle() and state.chain.depth:
        runtime.validator().enabled(state)
    if enabling and state.pending:
        state.let_in()


def misused(broken: str, text: str) -> None:
    """Report a switch that fits no other."""
    if runtime.is_active():
        runtime.validator().misused(broken, text)
