"""A lock that was taken by a try is held all the same.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

a, b = threading.Lock(), threading.Lock()


def forwards():
    with a, b:
        pass


def backwards():
    if b.acquire(blocking=False):
        with a:
            pass
        b.release()


side_by_side(forwards, backwards)
