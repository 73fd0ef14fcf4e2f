"""Choose the build of the wait queues: the same as the fast path's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockdep import fastpath

_module = fastpath.load("lockdep._waitqueue")
if TYPE_CHECKING:
    from lockdep import _waitqueue as core
else:
    core = _module

FOREVER = -1
LIMIT = core.LIMIT
Side = core.Side
UnitPool = core.UnitPool
ValidatedQueue = core.ValidatedQueue
WaitQueue = core.WaitQueue
