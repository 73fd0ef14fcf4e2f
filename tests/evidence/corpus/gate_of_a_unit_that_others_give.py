"""The same, but another thread gives a unit: it is no gate.

grade: feasible
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


side_by_side(forwards, backwards, gate.release)
