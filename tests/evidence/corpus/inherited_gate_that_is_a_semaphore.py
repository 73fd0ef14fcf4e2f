"""The starter holds the one unit of a semaphore until it has joined.

grade: excused
because: inherited gate
"""

import threading

from tests.evidence.unseen import side_by_side

gate, a, b = threading.Semaphore(1), threading.Lock(), threading.Lock()


def forwards():
    with a, b:
        pass


def backwards():
    with gate, b, a:
        pass


def starter():
    with gate:
        thread = threading.Thread(target=forwards)
        thread.start()
        thread.join()


side_by_side(starter, backwards)
