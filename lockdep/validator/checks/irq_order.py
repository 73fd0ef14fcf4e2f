"""Interrupt order: a new dependency leads from a class taken in an interrupt to one held with that interrupt enabled.

Say safe is taken in the interrupt, unsafe is held with it enabled, and safe -> unsafe is a dependency. One thread holds
safe and waits for unsafe. The holder of unsafe is interrupted, and the handler waits for safe (kernel:
check_irq_usage).
"""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(slots=True, repr=False, eq=False)  # not frozen: made on the slow path, where that costs twice as much
class NewDependency:
    """A dependency prev -> next_ is new in its kind; next_ is taken in `mode`, and `new` is the acquisition."""

    prev: HeldLock
    next_: LockClass
    mode: int
    new: Acquisition


def check_irq_order(graph: DependencyGraph, usage: UsageTable, added: NewDependency) -> IrqOrder | None:
    """Return a violation if the new dependency connects a safe class to an unsafe one.

    Caller holds the graph lock. Cost: nothing as long as no class was taken in an interrupt; else one to three
    searches.
    """
    if not usage.any_inside:
        return None
    prev, next_, mode = added.prev, added.next_, added.mode
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
        where=added.new.where(),
        path_links=links,
        usages=usages_of(usage, classes_of(links)),
    )
