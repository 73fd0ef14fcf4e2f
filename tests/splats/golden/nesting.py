"""Two locks of one class with no order between them, then against the order that a callback gives."""

import lockdep
from lockdep.fastpath import ExclusiveLock
from lockdep.wait_types import Traits


class Mutex(ExclusiveLock):
    traits = Traits()


class Node:
    def __init__(self, depth, lock):
        self.depth = depth
        self.lock = lock


def lock_both(first, second):
    with first.lock:
        with second.lock:
            pass


def compare(held, new):
    return DEPTHS[held] - DEPTHS[new]


def describe(lock):
    return f"depth {DEPTHS[lock]}"


plain = [Node(depth, Mutex("node.lock")) for depth in range(2)]
lock_both(*plain)

ordered = [Node(depth, Mutex("ordered.lock")) for depth in range(2)]
DEPTHS = {node.lock: node.depth for node in ordered}
for node in ordered:
    lockdep.set_order(node.lock, compare, describe)
lock_both(*ordered)
lock_both(*reversed(ordered))
