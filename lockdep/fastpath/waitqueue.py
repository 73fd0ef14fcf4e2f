"""Choose the build of the wait queues: the same as the fast path's."""

from __future__ import annotations

import atexit
import sys
from typing import TYPE_CHECKING

from lockdep import fastpath

NAME = "lockdep.fastpath._waitqueue"

_module = fastpath.load(NAME)
if TYPE_CHECKING:
    from lockdep.fastpath import _waitqueue as core
else:
    core = _module

FOREVER = -1
LIMIT = core.UNLIMITED
Side = core.Side
UnitPool = core.UnitPool
ValidatedQueue = core.ValidatedQueue
WaitQueue = core.WaitQueue

if not core.COMPILED:
    # What stands in sys.modules is emptied at the very end, name by name; finalizers still wait and wake then.
    atexit.register(sys.modules.pop, NAME, None)
