"""The starter waits for a condition before it joins: the gate is free meanwhile.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

gate, other, a, b = threading.Condition(threading.Lock()), threading.Lock(), threading.Lock(), threading.Lock()


def forwards():
    with a, b:
        pass


def backwards():
    with gate, b, a:
        pass


def starter():
    with gate, other:
        thread = threading.Thread(target=forwards)
        thread.start()
        gate.wait(0.001)
        thread.join()


side_by_side(starter, backwards)
