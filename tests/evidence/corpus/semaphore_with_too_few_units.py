"""A semaphore of two units: two threads hold them and want a lock whose holder wants a unit.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

units, a = threading.Semaphore(2), threading.Lock()


def forwards():
    with units, a:
        pass


def backwards():
    with a, units:
        pass


side_by_side(forwards, forwards, backwards)
