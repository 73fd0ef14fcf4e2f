"""Thread after thread under the gate of its starter, and at last one without it.

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


def starter():
    for _ in range(12):
        with gate:
            thread = threading.Thread(target=forwards)
            thread.start()
            thread.join()
    thread = threading.Thread(target=forwards)
    thread.start()
    thread.join()


side_by_side(starter, backwards)
