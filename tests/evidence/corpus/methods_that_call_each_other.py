"""Two objects call each other's synchronized methods.

grade: feasible
"""

import functools
import threading

from tests.evidence.unseen import side_by_side


def synchronized(method):
    @functools.wraps(method)
    def wrapper(self, *args):
        with self.lock:
            return method(self, *args)

    return wrapper


class Peer:
    def __init__(self):
        self.lock = threading.RLock()

    @synchronized
    def ask(self, other):
        other.answer()

    @synchronized
    def answer(self):
        pass


one, other = Peer(), Peer()
side_by_side(lambda: one.ask(other), lambda: other.ask(one))
