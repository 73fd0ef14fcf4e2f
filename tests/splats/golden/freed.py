"""A lock is initialised again while it is held; another one is dropped while it is held."""

from lockdep import runtime
from lockdep.fastpath import ExclusiveLock
from lockdep.wait_types import Traits


class Mutex(ExclusiveLock):
    traits = Traits()


class Session:
    def __init__(self):
        self.lock = Mutex()

    def restart(self):
        self.lock.acquire()
        self.lock.init()


def drop():
    lock = Mutex()
    lock.acquire()


Session().restart()
drop()
runtime.validator().collect()
