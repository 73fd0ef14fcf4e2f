"""Two locks of one class, a parent's and a child's: lockdep wants to be told what keeps them in order.

    python examples/primitives/05_parent_child.py

All locks of one name are one class, and to take a second one under the first looks like two threads that do so the
other way round. move() of the first tree says nothing: you will see "possible recursive locking detected", in full on
standard error. The second tree says with lock_nested(CHILD) that a child comes below its parent (subclass 1): no
finding. The third one says it, and then takes a parent under its child: the annotation hides no mistake, and the cycle
is found though nothing hangs.
"""

import lockdep
from primitives import Mutex

CHILD = 1  # the subclass; 0 is that of the parent, and of a directory locked alone


class Directory:
    """A directory with a lock of its own, of the class of its tree."""

    def __init__(self, tree):
        self.mutex = Mutex(tree)
        self.names = set()


def move_unannotated(name, parent, child):
    with parent.mutex:
        with child.mutex:
            parent.names.remove(name)
            child.names.add(name)


def move(name, parent, child):
    with parent.mutex:
        child.mutex.lock_nested(CHILD)
        try:
            parent.names.remove(name)
            child.names.add(name)
        finally:
            child.mutex.unlock()


def move_up_wrongly(name, parent, child):
    child.mutex.lock_nested(CHILD)
    try:
        with parent.mutex:  # the order of move() the other way round
            child.names.remove(name)
            parent.names.add(name)
    finally:
        child.mutex.unlock()


def try_out(tree, *moves):
    """Do these moves with two directories of a new class, and print what lockdep found meanwhile."""
    before = len(lockdep.findings())
    parent, child = Directory(tree), Directory(tree)
    parent.names.add("letter")
    for function in moves:
        function("letter", parent, child)
    titles = [finding.title for finding in lockdep.findings()[before:]]
    print(f"{tree}: {', '.join(titles) or 'no finding'}")


try_out("unannotated", move_unannotated)
try_out("annotated", move)
try_out("annotated, then upside down", move, move_up_wrongly)
