"""Two locks in two orders.

grade: feasible
because: in 2 threads
"""

import threading

from tests.evidence.unseen import side_by_side

a, b = threading.Lock(), threading.Lock()


def forwards():
    with a, b:
        pass


def backwards():
    with b, a:
        pass


side_by_side(forwards, backwards)
