"""One side gives up after a second.

grade: stall
because: timeout
"""

import threading

from tests.evidence.unseen import side_by_side

a, b = threading.Lock(), threading.Lock()


def forwards():
    with a, b:
        pass


def backwards():
    with b:
        if a.acquire(timeout=1):
            a.release()


side_by_side(forwards, backwards)
