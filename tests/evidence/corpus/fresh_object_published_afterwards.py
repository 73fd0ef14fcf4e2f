"""A new object is locked under the registry before it is put there.

grade: excused
because: fresh
"""

import threading

from tests.evidence.unseen import side_by_side

reg = threading.Lock()


class Thing:
    def __init__(self):
        self.l = threading.Lock()


objs = []


def create():
    with reg:
        thing = Thing()
        with thing.l:
            pass
        objs.append(thing)


def use():
    thing = objs[0]
    with thing.l:
        with reg:
            pass


side_by_side(create, use)
