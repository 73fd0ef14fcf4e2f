"""The lock that is said to keep the order of others is not held."""

from lockdep.fastpath import ExclusiveLock
from lockdep.wait_types import Traits


class Mutex(ExclusiveLock):
    traits = Traits()


class Directory:
    def __init__(self):
        self.rename = Mutex()
        self.lock = Mutex()

    def move(self, other):
        other.lock.lock_as(nest=self.rename)
        other.lock.release()


Directory().move(Directory())
