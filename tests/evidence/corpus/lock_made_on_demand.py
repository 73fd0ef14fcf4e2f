"""An object makes its lock when it is first asked for it, which happens under another lock.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

registry = threading.Lock()


class Node:
    def __init__(self):
        self._lock = None

    @property
    def lock(self):
        if self._lock is None:
            self._lock = threading.Lock()
        return self._lock


node = Node()


def forwards():
    with registry, node.lock:
        pass


def backwards():
    with node.lock, registry:
        pass


side_by_side(forwards, backwards)
