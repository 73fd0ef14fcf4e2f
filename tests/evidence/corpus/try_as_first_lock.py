"""Both sides wait under a lock that they have tried.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

a, b = threading.Lock(), threading.Lock()


def both(first, second):
    def work():
        if first.acquire(False):
            with second:
                pass
            first.release()

    return work


side_by_side(both(a, b), both(b, a))
