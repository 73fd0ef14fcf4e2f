"""Two locks of one class, a parent's and a child's: lockdep must be told what keeps them in order.

    python examples/primitives/05_parent_child.py

All locks of one name are one class. A second lock of the class under the first looks as if another thread could take
them the other way round. The first tree says nothing about the order: lockdep reports "possible recursive locking
detected" on standard error. The second tree says by lock_nested(CHILD) that a child comes below its parent (subclass
1): no finding. The third tree says so too, and then takes a parent under its child. The annotation hides no mistake:
lockdep reports the cycle, though nothing hangs.
"""

import lockdep
from primitives import Mutex

CHILD = 1  # the subclass of a child; a parent, or a directory locked alone, has subclass 0


class Directory:
    """A directory with a lock of its own, whose class is that of its tree."""

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
        with parent.mutex:  # the opposite of the order in move()
            child.names.remove(name)
            parent.names.add(name)
    finally:
        child.mutex.unlock()


def try_out(tree, *moves):
    """Run these moves with two directories of a new class, and print what lockdep reported."""
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
