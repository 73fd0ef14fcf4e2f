"""The starter holds a condition, without waiting for it, until it has joined.

grade: excused
because: inherited gate
"""

import threading

from tests.evidence.unseen import side_by_side

gate, a, b = threading.Condition(), threading.Lock(), threading.Lock()


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
        gate.notify_all()


side_by_side(starter, backwards)
