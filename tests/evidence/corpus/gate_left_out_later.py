"""A gate that both sides hold at first, and one of them not at last.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

gate, a, b = threading.Lock(), threading.Lock(), threading.Lock()


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
