"""A semaphore with units for all stands between two locks that are taken in two orders.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

units, a, b = threading.Semaphore(4), threading.Lock(), threading.Lock()


def forwards():
    with a, units, b:
        pass


def backwards():
    with b, a:
        pass


side_by_side(forwards, backwards)
