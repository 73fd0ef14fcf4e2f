"""A semaphore that another thread gives back is no lock.

grade: none
"""

import threading

from tests.evidence.unseen import side_by_side

room, a = threading.Semaphore(1), threading.Lock()


def produce():
    for _ in range(3):
        with a:
            room.acquire()


def consume():
    for _ in range(3):
        room.release()
        with a:
            pass


side_by_side(consume, produce)
