"""Two threads want two units each of a semaphore with two, and take both under a lock.

grade: none
"""

import threading

from tests.evidence.unseen import side_by_side

units, both_at_once = threading.Semaphore(2), threading.Lock()


def both():
    with both_at_once, units, units:
        pass


side_by_side(both, both)
