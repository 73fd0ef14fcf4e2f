"""The starter holds one of two units of a semaphore until it has joined.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

gate, a, b = threading.Semaphore(2), threading.Lock(), threading.Lock()


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
