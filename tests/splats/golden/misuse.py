"""Annotations against their rules."""

import lockdep
from lockdep.contexts import simulated
from lockdep.fastpath import ExclusiveLock
from lockdep.wait_types import Traits


class Mutex(ExclusiveLock):
    traits = Traits()


state = Mutex("state")


def released_while_pinned():
    with state:
        lockdep.pin(state)


def no_such_subclass():
    state.lock_as(subclass=8)
    state.release()


released_while_pinned()
no_such_subclass()
simulated.local_bh_enable()
