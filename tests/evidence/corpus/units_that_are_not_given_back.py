"""A thread takes a unit and ends; nobody knows yet who will give it back.

grade: excused
because: no thread has given back
"""

import threading

from tests.evidence.unseen import side_by_side

units, a = threading.Semaphore(2), threading.Lock()


def take():
    units.acquire()
    with a:
        pass


def take_under_the_lock():
    with a:
        units.acquire()


side_by_side(take, take_under_the_lock)
