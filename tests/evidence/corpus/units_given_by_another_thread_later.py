"""The same, where that thread comes last.

grade: excused
because: is a signal
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


side_by_side(forwards, backwards, units.release)
