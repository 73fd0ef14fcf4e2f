"""A timeout of -1 is none.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

a, b = threading.Lock(), threading.Lock()


def forwards():
    with a:
        b.acquire(True, -1)
        b.release()


def backwards():
    with b:
        a.acquire(timeout=-1)
        a.release()


side_by_side(forwards, backwards)
