"""A lock is made on demand, and taken under another one before others can find it.

grade: excused
because: fresh object
"""

import threading

from tests.evidence.unseen import side_by_side

registry = threading.Lock()


class Node:
    lock = None

    def prepare(self):
        with registry:
            if self.lock is None:
                made = threading.Lock()
                with made:
                    pass
                self.lock = made

    def use(self):
        with self.lock, registry:
            pass


node = Node()
side_by_side(node.prepare, node.use)
