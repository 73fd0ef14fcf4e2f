"""A new usage bit that contradicts the bits of its class, or of a class connected with it (kernel: mark_lock_irq)."""

from __future__ import annotations

from lockdep.fastpath import RECURSIVE_READ
from lockdep.graph.classes import LockClass
from lockdep.graph.graph import DependencyGraph
from lockdep.graph.usage_table import UsageTable
from lockdep.trace import StackTrace
from lockdep.validator.checks import irq_paths
from lockdep.validator.checks.irq_links import classes_of, links_along, usages_of
from lockdep.violations.interrupts import ClassUsage
from lockdep.violations.irq_inversion import IrqInversion
from lockdep.violations.usage import InconsistentState
from lockdep.violations.where import Where
from lockdep.vocabulary.record import record
from lockdep.vocabulary.usage import IN_ANY, ON_ANY, conflicting, opposed, single_bits


@record
class NewUsage:
    """A class gets a usage bit that it did not have, because one of its locks is taken in this mode."""

    lock_class: LockClass
    mode: int
    bit: int
    stack: StackTrace
    where: Where


def check_state(_graph: DependencyGraph, usage: UsageTable, new: NewUsage) -> InconsistentState | None:
    """Return a violation if the class has a bit that contradicts the new one. Cost: one look-up."""
    clash = usage.judged(new.lock_class) & conflicting(new.bit)
    if not clash:
        return None
    old = next(iter(single_bits(clash)))
    stack = usage.stack(new.lock_class, old)
    return InconsistentState(new.lock_class, new.mode, old, new.bit, stack, new.where)


def check_inversion(graph: DependencyGraph, usage: UsageTable, new: NewUsage) -> IrqInversion | None:
    """Return a violation if a strong path connects the class with one whose bits contradict the new one.

    If a class is taken inside an interrupt, no class reachable from it may be held with that interrupt enabled, and
    vice versa. Caller holds the graph lock. Cost: one search.
    """
    forwards = bool(new.bit & IN_ANY)
    if not (new.bit & (IN_ANY | ON_ANY)) or not (forwards or usage.any_inside):
        return None
    start = (new.lock_class, new.mode & 3 == RECURSIVE_READ if forwards else bool(new.mode & 3))
    found = irq_paths.find(graph, usage, start, opposed(new.bit), forwards=forwards, skip=True)
    if found is None or found[0] is new.lock_class:
        return None
    other, bits, path = found
    bit = next(iter(single_bits(bits)))
    links = links_along(path, weak=start[1], forwards=forwards)
    return IrqInversion(
        lock_class=new.lock_class,
        mode=new.mode,
        bit=new.bit,
        other=ClassUsage(other, bit, usage.stack(other, bit)),
        forwards=forwards,
        path=path,
        where=new.where,
        path_links=links,
        usages=usages_of(usage, classes_of(links)),
    )
