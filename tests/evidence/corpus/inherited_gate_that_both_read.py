"""The starter reads the gate until it has joined, and so does the other side.

grade: feasible
"""

import threading

from primitives import RWSem
from tests.evidence.unseen import side_by_side

gate, a, b = RWSem("read door of both"), threading.Lock(), threading.Lock()


def forwards():
    with a, b:
        pass


def backwards():
    with gate.read(), b, a:
        pass


def starter():
    with gate.read():
        thread = threading.Thread(target=forwards)
        thread.start()
        thread.join()


side_by_side(starter, backwards)
