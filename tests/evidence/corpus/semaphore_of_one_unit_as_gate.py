"""A bounded semaphore of one unit as a gate, made before any thread.

grade: excused
because: gate
"""

import threading

from tests.evidence.unseen import side_by_side

gate, a, b = threading.BoundedSemaphore(), threading.Lock(), threading.Lock()


def forwards():
    with gate, a, b:
        pass


def backwards():
    with gate, b, a:
        pass


side_by_side(forwards, backwards)
