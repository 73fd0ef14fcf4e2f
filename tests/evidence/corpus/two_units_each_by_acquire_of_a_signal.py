"""The same, but another thread gives a unit later.

grade: excused
"""

import threading

from tests.evidence.unseen import side_by_side

units = threading.Semaphore(2)


def both():
    units.acquire()
    units.acquire()
    units.release()
    units.release()


side_by_side(both, both, units.release)
