"""The same, and at last one of them without the gate.

grade: feasible
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


def backwards_in_a_hurry():
    with b, a:
        pass


side_by_side(forwards, backwards, backwards_in_a_hurry)
