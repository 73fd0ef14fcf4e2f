"""One side waits with a timeout, again and again until it has the lock.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

a, b = threading.Lock(), threading.Lock()


def forwards():
    with a:
        while not b.acquire(timeout=1):
            pass
        b.release()


def backwards():
    with b, a:
        pass


side_by_side(forwards, backwards)
