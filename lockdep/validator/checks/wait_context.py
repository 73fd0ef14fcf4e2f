"""Wait context: a lock whose waiters may sleep is taken where only spinning is allowed (kernel: check_wait_context)."""

from __future__ import annotations

from collections.abc import Sequence

from lockdep.fastpath import TRY
from lockdep.validator.acquisition import Acquisition
from lockdep.violations.wait_context import InvalidWaitContext
from lockdep.violations.where import HeldLock
from lockdep.vocabulary.states import CONTEXT_MODES
from lockdep.wait_types import INV


def check_wait_context(new: Acquisition) -> InvalidWaitContext | None:
    """Return a violation if the wait for the lock may be longer than a held lock, or the context, allows.

    A try does not wait, so it violates nothing. Cost: one look at each held lock of this context.
    """
    if new.mode & TRY or new.lock_class.traits.inner == INV:
        return None
    allowed = tightest(new.held, new.context.wait, new.mode & CONTEXT_MODES)
    if new.lock_class.outer <= allowed:
        return None
    return InvalidWaitContext(new.lock_class, new.mode, new.context.wait, allowed, new.where())


def tightest(held: Sequence[HeldLock], context: int, modes: int) -> int:
    """Return the longest wait type allowed: that of the context, shortened by each lock held in it, in order.

    `modes` are the context bits of the lock that is taken; locks held in an outer context do not count.
    """
    of_context = []
    for lock in reversed(held):
        if lock.mode & CONTEXT_MODES != modes:
            break
        of_context.append(lock)
    allowed = context
    for lock in reversed(of_context):
        inner = lock.lock_class.traits.inner
        if lock.lock_class.traits.kind == "override":
            allowed = inner
        elif inner != INV:
            allowed = min(allowed, inner)
    return allowed
