"""A reader of one lock waits for another, whose holder waits for the writer behind that reader; then an event."""

import lockdep
from lockdep.fastpath import READ, DepMap, ExclusiveLock
from lockdep.wait_types import Traits


class Mutex(ExclusiveLock):
    traits = Traits()


class RWSem:
    traits = Traits()


table = DepMap("table", RWSem)
row = Mutex("row")
finished = lockdep.LockMap("finished")


def look_up():
    table.hold(READ)
    with row:
        pass
    table.release()


def insert():
    with row:
        table.hold()
        table.release()


def wait():
    with row:
        finished.sync()


def finish():
    with row:
        finished.signal()


look_up()
insert()
wait()
finish()
