"""Three threads close a cycle through a semaphore of two units.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

units, a = threading.BoundedSemaphore(2), threading.Lock()


def forwards():
    with units, a:
        pass


def backwards():
    with a, units:
        pass


side_by_side(forwards, forwards, backwards)
