"""The unit is waited for with a timeout where the lock is held.

grade: stall
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
        if units.acquire(timeout=1):
            units.release()


side_by_side(forwards, backwards)
