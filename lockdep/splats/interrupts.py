"""What the reports about interrupts share: the state of the thread, blocks of usage bits, the interrupt's table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lockdep.graph.classes import LockClass
from lockdep.splats.page import DEADLOCK, Lines, Page, stack_lines, timeline
from lockdep.splats.steps import column, step
from lockdep.trace import site
from lockdep.violations.interrupts import ClassUsage, Link
from lockdep.violations.where import Where
from lockdep.vocabulary.context import IrqSummary
from lockdep.vocabulary.usage import bit_name, is_read, state_of

EVENTS = ("hardirqs last  enabled", "hardirqs last disabled", "softirqs last  enabled", "softirqs last disabled")
IRQ_SCENARIO = " Possible interrupt unsafe locking scenario:"


def who(where: Where) -> str:
    """Return the thread, what it is inside of (depth in brackets), and which interrupts are on."""
    irq = where.irq
    hard, soft = f"HC{bool(irq.hardirq):d}[{irq.hardirq}]", f"SC{bool(irq.softirq):d}[{irq.softirq}]"
    return f"thread {where.thread} [{hard}:{soft}:HE{irq.hardirqs_on:d}:SE{irq.softirqs_on:d}]"


def event_lines(irq: IrqSummary) -> Lines:
    """Return when and where interrupts were last switched; the numbers count the switches of this thread."""
    last = {what: (number, stack) for what, number, stack in irq.last}
    lines = [f"irq event stamp: {irq.event}"]
    for what in EVENTS:
        number, stack = last.get(what, (0, None))
        lines.append(f"{what} at ({number}): {'never' if stack is None else site(stack)}")
    return lines


def interruption(bit: int) -> str:
    """Return how the tables show that the state of a bit breaks in."""
    state = state_of(bit)
    return "<Interrupt>" if state.simulated else f"<{state.name.capitalize()}>"


def verb(bit: int) -> str:
    """Return how the tables show the acquisition that set a bit."""
    return "rlock" if is_read(bit) else "lock"


def scenario(links: Sequence[Link], safe: ClassUsage, unsafe: ClassUsage) -> Lines:
    """Return how the threads meet: the holder of the unsafe lock is interrupted by code that waits for the safe one.

    Thread 0 is the one that is interrupted, the others make the dependencies that lead back to it, one each.
    """
    names = [links[0].dependency.prev.name, *(link.dependency.next.name for link in links)]
    columns = [column(link.kind, link.dependency.prev, link.dependency.next, link.witness.mode) for link in links]
    steps = [(0, f"{verb(unsafe.bit)}({unsafe.lock_class.name});")]
    if state_of(safe.bit).simulated:
        steps.append((1, "local_irq_disable();"))
    steps += [(number, first) for number, (first, _) in enumerate(columns, 1)]
    steps += [(number, then) for number, (_, then) in enumerate(columns, 1)]
    steps += [(0, interruption(safe.bit)), (0, f"  {verb(safe.bit)}({safe.lock_class.name});")]
    chain = ["Chain exists of:", "  " + " --> ".join(names), ""]
    return ["", *chain, IRQ_SCENARIO, "", *timeline(steps), "", DEADLOCK, ""]


def way(page: Page, links: Sequence[Link], usages: Sequence[ClassUsage], number: int = 0) -> Lines:
    """Return the classes on a way with all their usage bits, and between them both stacks of each dependency."""
    lines = class_block(page, links[0].dependency.prev, usages)
    for at, link in enumerate(links, number):
        lines += [*step(page, at, link.dependency.prev, link.dependency.next, link.kind, link.witness), ""]
        lines += class_block(page, link.dependency.next, usages)
    return lines


def class_block(page: Page, lock_class: LockClass, usages: Iterable[ClassUsage]) -> Lines:
    """Return a class and where each of its usage bits was seen first; bits of one place share the stack."""
    mine = [usage for usage in usages if usage.lock_class is lock_class]
    lines = [f"-> {page.class_text(lock_class)} [{lock_class.kind}] {{"]
    for at, usage in enumerate(mine):
        lines.append(f"   {bit_name(usage.bit)} at:")
        if at + 1 == len(mine) or mine[at + 1].stack is not usage.stack:
            lines += stack_lines(usage.stack)
    return [*lines, "}"]
