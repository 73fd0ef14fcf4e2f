"""Declared order: a lock is taken under one that was declared to come after it (lockdep.order)."""

from __future__ import annotations

from lockdep.fastpath import NOCHECK, TRY
from lockdep.graph import hierarchy
from lockdep.validator.acquisition import Acquisition
from lockdep.violations.declared import DeclaredOrder
from lockdep.vocabulary.states import CONTEXT_MODES


def check_declared(new: Acquisition) -> DeclaredOrder | None:
    """Return a violation if the lock is declared to come before a held one, which is the innermost of these.

    A try does not wait, so it may be in any order, and so may what a handler takes over the locks that it interrupts.
    """
    if new.mode & (TRY | NOCHECK) or new.retaken:
        return None
    for lock in reversed(new.held):
        if (lock.mode ^ new.mode) & CONTEXT_MODES:
            return None
        declared = hierarchy.path(new.lock_class.base, lock.lock_class.base)
        if declared:
            return DeclaredOrder(lock, new.lock_class, declared, new.where())
    return None
