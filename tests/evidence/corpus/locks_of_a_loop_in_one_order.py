"""Locks that a loop makes, always taken in their order.

grade: none
"""

import threading

from tests.evidence.unseen import side_by_side

locks = [threading.Lock() for _ in range(5)]


def work():
    for i in range(5):
        for j in range(i + 1, 5):
            with locks[i], locks[j]:
                pass


side_by_side(work, work)
