"""One gate is held on both sides around a lock that is a gate for other sides.

grade: excused
because: gate
"""

import threading

from tests.evidence.unseen import side_by_side

gate, inner, a, b = threading.Lock(), threading.Lock(), threading.Lock(), threading.Lock()


def forwards():
    with gate, a, b:
        pass


def backwards():
    with gate, inner, b, a:
        pass


def backwards_alone():
    with inner, a:
        pass


side_by_side(forwards, backwards, backwards_alone)
