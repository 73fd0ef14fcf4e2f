"""Two objects that share one lock call each other's synchronized methods.

grade: none
"""

import threading

from tests.evidence.unseen import side_by_side


class Peer:
    lock = threading.RLock()

    def ask(self, other):
        with self.lock:
            other.answer()

    def answer(self):
        with self.lock:
            pass


one, other = Peer(), Peer()
side_by_side(lambda: one.ask(other), lambda: other.ask(one))
