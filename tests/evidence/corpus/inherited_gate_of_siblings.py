"""Two children run at the same time under the gate of their starter.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

gate, a, b = threading.Lock(), threading.Lock(), threading.Lock()


def forwards():
    with a, b:
        pass


def backwards():
    with gate, b, a:
        pass


def backwards_without_gate():
    with b, a:
        pass


with gate:
    side_by_side(forwards, backwards_without_gate)
