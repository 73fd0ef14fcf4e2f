"""A timer that has run is cancelled, and not joined, under the gate.

grade: feasible
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


timer = threading.Timer(0, forwards)


def starter():
    with gate:
        timer.start()
        timer.cancel()
    timer.join()
    forwards()


side_by_side(starter, backwards)
