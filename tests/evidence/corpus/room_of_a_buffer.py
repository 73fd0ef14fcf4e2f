"""A bounded buffer: those who fill it take room, and those who empty it give it back.

grade: none
"""

import threading

from tests.evidence.unseen import side_by_side

room, filled, a = threading.BoundedSemaphore(2), threading.Semaphore(0), threading.Lock()


def put_two():
    for _ in range(2):
        room.acquire()
        with a:
            pass
        filled.release()


def get_two():
    for _ in range(2):
        filled.acquire()
        with a:
            room.release()


def put_one_in_a_hurry():
    with a:
        room.acquire()


side_by_side(put_two, get_two, put_two, get_two, put_one_in_a_hurry)
