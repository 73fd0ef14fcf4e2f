"""A semaphore of two units is held on both sides of two: it lets both in.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

gate, a, b = threading.BoundedSemaphore(2), threading.Lock(), threading.Lock()


def forwards():
    with gate, a, b:
        pass


def backwards():
    with gate, b, a:
        pass


side_by_side(forwards, backwards)
