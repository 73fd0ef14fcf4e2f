"""Two locks of one class in two orders, under a gate.

grade: excused
because: gate
"""

import threading

from tests.evidence.unseen import side_by_side

gate = threading.Lock()
a, b = [threading.Lock() for _ in range(2)]


def forwards():
    with gate, a, b:
        pass


def backwards():
    with gate, b, a:
        pass


side_by_side(forwards, backwards)
