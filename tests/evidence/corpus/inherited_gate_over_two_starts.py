"""The starter holds the gate until it has joined a thread that has joined one of its own.

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


def between():
    thread = threading.Thread(target=forwards)
    thread.start()
    thread.join()


def starter():
    with gate:
        thread = threading.Thread(target=between)
        thread.start()
        thread.join()


side_by_side(starter, backwards)
