"""Recursion: a thread wants a lock that it holds itself, or another of the same class (kernel: check_deadlock)."""

from __future__ import annotations

from lockdep.fastpath import NEST, RECURSIVE_READ
from lockdep.graph.comparison import Compared
from lockdep.validator.acquisition import Acquisition
from lockdep.violations.recursion import Recursion
from lockdep.violations.where import HeldLock


def check_recursion(new: Acquisition) -> Recursion | None:
    """Return a violation if the thread holds this lock instance already. Cost: one look at each held lock."""
    for prev in reversed(new.held):
        if prev.serial == new.serial:
            return recursion(new, prev, None)
    return None


def check_class_recursion(new: Acquisition) -> Recursion | None:
    """Return a violation if a lock of the same class is held, in whatever context, and nothing excuses it.

    Three things are an excuse: a recursive reader under a reader, a held lock that serialises the class, and an
    ordering callback that finds the two in order. Cost: one look at each held lock.
    """
    if new.mode & NEST:
        return None
    for prev in new.held:
        if prev.lock_class is not new.lock_class or (new.mode & 3 == RECURSIVE_READ and prev.mode & 3):
            continue
        order = new.compared.get(prev.serial)
        if order is None or order.answer >= 0:
            return recursion(new, prev, order)
    return None


def recursion(new: Acquisition, prev: HeldLock, order: Compared | None) -> Recursion:
    return Recursion(
        prev=prev,
        lock_class=new.lock_class,
        mode=new.mode,
        same=prev.serial == new.serial,
        comparison=order,
        where=new.where(),
    )
