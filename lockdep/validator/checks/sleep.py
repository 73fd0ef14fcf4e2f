"""Sleeping in atomic context: a lock that may sleep is taken with preemption, interrupts or bottom halves off
(kernel: might_sleep in mutex_lock and others).
"""

from __future__ import annotations

from lockdep.fastpath import TRY
from lockdep.trace import site
from lockdep.validator.acquisition import Acquisition
from lockdep.validator.checks.wait_context import tightest
from lockdep.violations.sleep import AtomicSleep
from lockdep.vocabulary.states import CONTEXT_MODES
from lockdep.wait_types import INV, SLEEP


def check_sleep(new: Acquisition) -> AtomicSleep | None:
    """Return a violation if the lock may sleep and the context must not.

    A handler, or a held spinlock, limits the wait type already: that is for check_wait_context. A try does not sleep,
    nor does a downgrade.
    """
    traits = new.lock_class.traits
    if new.mode & TRY or new.retaken or not new.context.atomic:
        return None
    if traits.inner == INV or new.lock_class.outer < SLEEP:
        return None
    if tightest(new.held, new.context.wait, new.mode & CONTEXT_MODES) < SLEEP:
        return None
    return AtomicSleep(site(new.stack), new.where())
