"""Two threads close a cycle through a semaphore of three units.

grade: excused
because: units
"""

import threading

from tests.evidence.unseen import side_by_side

units, a = threading.BoundedSemaphore(3), threading.Lock()


def forwards():
    with units, a:
        pass


def backwards():
    with a, units:
        pass


side_by_side(forwards, backwards)
