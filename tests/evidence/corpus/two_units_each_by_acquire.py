"""Two threads want two units each of a semaphore with two, and give them back.

grade: feasible
because: can take all 2
"""

import threading

from tests.evidence.unseen import side_by_side

units = threading.Semaphore(2)


def both():
    units.acquire()
    units.acquire()
    units.release(2)


side_by_side(both, both)
