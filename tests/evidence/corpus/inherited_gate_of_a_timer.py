"""The starter holds the gate until it has joined a timer.

grade: excused
because: inherited gate
"""

import threading

from tests.evidence.unseen import side_by_side

gate, a, b = threading.Lock(), threading.Lock(), threading.Lock()


def forwards():
    with a, b:
        pass


def backwards():
    with gate, b, a:
        pass


def starter():
    with gate:
        timer = threading.Timer(0, forwards)
        timer.start()
        timer.join()


side_by_side(starter, backwards)
