"""The wait queues under every sleeping primitive, in the build of the fast path. See _waitqueue."""

from __future__ import annotations

from lockdep.fastpath._modes import FOREVER
from lockdep.fastpath._waitqueue import UNLIMITED, Side, UnitPool, ValidatedQueue, WaitQueue

LIMIT = UNLIMITED

__all__ = ["FOREVER", "LIMIT", "Side", "UnitPool", "ValidatedQueue", "WaitQueue"]
