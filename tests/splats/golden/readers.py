"""A reader waits for a lock whose holder waits to write what is being read."""

from lockdep.fastpath import READ, DepMap, ExclusiveLock
from lockdep.wait_types import Traits


class Mutex(ExclusiveLock):
    traits = Traits()


class RWSem:
    traits = Traits()


table = DepMap("table", RWSem)
row = Mutex("row")


def look_up():
    table.hold(READ)
    with row:
        pass
    table.release()


def insert():
    with row:
        table.hold()
        table.release()


look_up()
insert()
