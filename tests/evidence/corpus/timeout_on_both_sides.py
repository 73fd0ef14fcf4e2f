"""Both sides wait with a timeout.

grade: stall
"""

import threading

from tests.evidence.unseen import side_by_side

a, b = threading.Lock(), threading.Lock()


def both(first, second):
    def work():
        with first:
            if second.acquire(timeout=1):
                second.release()

    return work


side_by_side(both(a, b), both(b, a))
