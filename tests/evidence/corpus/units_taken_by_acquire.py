"""The unit of a semaphore is taken by acquire(), and given back by the same thread.

grade: feasible
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
        units.acquire()
        units.release()


side_by_side(forwards, backwards)
