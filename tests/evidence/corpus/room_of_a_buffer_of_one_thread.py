"""One thread fills and empties a buffer, under the lock of all that use it.

grade: excused
because: is a signal
"""

import threading

from tests.evidence.unseen import side_by_side

room, filled, buffers = threading.Semaphore(2), threading.Semaphore(0), threading.Lock()
items = threading.Lock()


def put():
    room.acquire()
    with items:
        filled.release()


def get():
    filled.acquire()
    with items:
        room.release()


def use():
    with buffers:
        put()
    with buffers:
        get()


side_by_side(use, use)
