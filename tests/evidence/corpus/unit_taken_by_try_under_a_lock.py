"""The unit is only tried for where the lock is held.

grade: none
"""

import threading

from tests.evidence.unseen import side_by_side

units, a = threading.Semaphore(1), threading.Lock()


def forwards():
    units.acquire()
    with a:
        pass
    units.release()


def backwards():
    with a:
        if units.acquire(blocking=False):
            units.release()


side_by_side(forwards, backwards)
