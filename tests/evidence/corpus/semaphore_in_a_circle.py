"""A semaphore of one unit and a lock in two orders.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

one, a = threading.Semaphore(1), threading.Lock()


def forwards():
    with one, a:
        pass


def backwards():
    with a, one:
        pass


side_by_side(forwards, backwards)
