"""A semaphore of two units: the other unit is always given back.

grade: excused
because: given back
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


def briefly():
    with units:
        pass


side_by_side(briefly, forwards, backwards)
