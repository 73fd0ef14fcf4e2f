"""A semaphore of one unit as a gate, taken by acquire().

grade: excused
because: gate
"""

import threading

from tests.evidence.unseen import side_by_side

gate, a, b = threading.Semaphore(1), threading.Lock(), threading.Lock()


def forwards():
    gate.acquire()
    with a, b:
        pass
    gate.release()


def backwards():
    gate.acquire()
    with b, a:
        pass
    gate.release()


side_by_side(forwards, backwards)
