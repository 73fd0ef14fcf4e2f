"""Two locks of one class in two orders.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

a, b = [threading.Lock() for _ in range(2)]


def forwards():
    with a, b:
        pass


def backwards():
    with b, a:
        pass


side_by_side(forwards, backwards)
