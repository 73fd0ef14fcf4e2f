"""Two threads close a cycle through a semaphore of two units; a third one takes a unit by acquire(), and waits.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

units, a = threading.Semaphore(2), threading.Lock()


def forwards():
    with units, a:
        pass


def backwards():
    with a, units:
        pass


def beside():
    units.acquire()
    with a:
        pass
    units.release()


side_by_side(forwards, backwards, beside)
