"""Interrupt order: a new dependency leads from what is taken in an interrupt to what is held with it enabled.

Then the interrupt can come on top of a holder of the one, and wait for a holder of the other, who waits for the first
(kernel: check_irq_usage).
"""

from __future__ import annotations

from lockdep.fastpath import RECURSIVE_READ
from lockdep.graph.classes import LockClass
from lockdep.graph.graph import DependencyGraph
from lockdep.graph.usage_table import UsageTable
from lockdep.validator.acquisition import Acquisition
from lockdep.validator.checks import irq_paths
from lockdep.validator.checks.irq_links import classes_of, links_along, newest, usages_of
from lockdep.violations.interrupts import ClassUsage
from lockdep.violations.irq_order import IrqOrder
from lockdep.violations.where import HeldLock
from lockdep.vocabulary.usage import IN_ANY, opposed, single_bits


def check_irq_order(
    graph: DependencyGraph, usage: UsageTable, prev: HeldLock, next_: LockClass, mode: int, new: Acquisition
) -> IrqOrder | None:
    """Return a violation if prev -> next_ connects a safe class to an unsafe one.

    Cost: nothing as long as no class was taken in an interrupt; else one to three searches.
    """
    if not usage.any_inside:
        return None
    behind = (prev.lock_class, bool(prev.mode & 3))
    ahead = (next_, mode & 3 == RECURSIVE_READ)
    wanted = opposed(irq_paths.gather(graph, usage, behind, forwards=False) & IN_ANY)
    unsafe = irq_paths.find(graph, usage, ahead, wanted, forwards=True)
    if unsafe is None:
        return None
    safe = irq_paths.find(graph, usage, behind, opposed(unsafe[1]), forwards=False)
    if safe is None:
        return None
    safe_bit = next(iter(single_bits(safe[1])))
    unsafe_bit = next(iter(single_bits(unsafe[1] & opposed(safe_bit))))
    closing = graph.find(prev.lock_class, next_)
    links = (
        *links_along(safe[2], weak=behind[1], forwards=False),
        *([] if closing is None else [newest(closing)]),
        *links_along(unsafe[2], weak=ahead[1], forwards=True),
    )
    return IrqOrder(
        prev=prev,
        lock_class=next_,
        mode=mode,
        safe=ClassUsage(safe[0], safe_bit, usage.stack(safe[0], safe_bit)),
        unsafe=ClassUsage(unsafe[0], unsafe_bit, usage.stack(unsafe[0], unsafe_bit)),
        behind=safe[2],
        ahead=unsafe[2],
        where=new.where(),
        path_links=links,
        usages=usages_of(usage, classes_of(links)),
    )
