"""A lock that only one side holds is no gate.

grade: feasible
because: in 2 threads
"""

import threading

from tests.evidence.unseen import side_by_side

gate, a, b = threading.Lock(), threading.Lock(), threading.Lock()


def forwards():
    with gate, a, b:
        pass


def backwards():
    with b, a:
        pass


side_by_side(forwards, backwards)
