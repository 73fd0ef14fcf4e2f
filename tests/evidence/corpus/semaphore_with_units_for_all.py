"""A semaphore with a unit for each side and a lock in two orders.

grade: excused
because: a unit for every thread
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


side_by_side(forwards, backwards)
