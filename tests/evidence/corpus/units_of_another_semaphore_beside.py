"""Two threads close a cycle through a semaphore of two units; a third one takes a unit of another one by acquire().

grade: excused
because: units
"""

import threading

from tests.evidence.unseen import side_by_side

units, others, a = threading.Semaphore(2), threading.Semaphore(2), threading.Lock()


def forwards():
    with units, a:
        pass


def backwards():
    with a, units:
        pass


def beside():
    others.acquire()
    with a:
        pass
    others.release()


side_by_side(forwards, backwards, beside)
