"""A gate that one side releases before it takes the second lock.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

gate, a, b = threading.Lock(), threading.Lock(), threading.Lock()


def forwards():
    with gate, a, b:
        pass


def backwards():
    gate.acquire()
    b.acquire()
    gate.release()
    with a:
        pass
    b.release()


side_by_side(forwards, backwards)
