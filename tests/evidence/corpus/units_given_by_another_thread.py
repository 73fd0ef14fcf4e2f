"""The same, but another thread has given a unit before: it is a signal.

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
        units.acquire()
        units.release()


side_by_side(units.release, forwards, backwards)
