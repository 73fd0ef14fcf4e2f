"""One side waits with a timeout in a loop, three times at most.

grade: stall
"""

import threading

from tests.evidence.unseen import side_by_side

a, b = threading.Lock(), threading.Lock()


def forwards():
    with a:
        for _ in range(3):
            if b.acquire(timeout=0.001):
                b.release()
                break


def backwards():
    with b, a:
        pass


side_by_side(forwards, backwards)
