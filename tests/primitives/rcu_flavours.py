"""The flavours of RCU, for tests that run on each of them, and a lock that sleeps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from lockdep.fastpath import ExclusiveLock
from lockdep.wait_types import SLEEP, Traits
from primitives.rcu import (
    rcu_read_lock,
    rcu_read_lock_bh,
    rcu_read_lock_sched,
    rcu_read_side,
    rcu_read_side_bh,
    rcu_read_side_sched,
    rcu_read_unlock,
    rcu_read_unlock_bh,
    rcu_read_unlock_sched,
)

Action = Callable[[], object]


class Flavour(NamedTuple):
    """The functions of one flavour of RCU."""

    name: str
    lock: Action
    unlock: Action
    side: Callable[[], Any]

    def __str__(self) -> str:
        return self.name


FLAVOURS = (
    Flavour("rcu", rcu_read_lock, rcu_read_unlock, rcu_read_side),
    Flavour("bh", rcu_read_lock_bh, rcu_read_unlock_bh, rcu_read_side_bh),
    Flavour("sched", rcu_read_lock_sched, rcu_read_unlock_sched, rcu_read_side_sched),
)
flavours = pytest.mark.parametrize("flavour", FLAVOURS, ids=str)


class Mutex(ExclusiveLock):
    """A lock that sleeps."""

    __slots__ = ()
    traits = Traits(inner=SLEEP)
