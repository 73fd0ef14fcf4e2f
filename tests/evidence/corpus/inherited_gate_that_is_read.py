"""The starter reads the gate until it has joined, and the other side writes it.

grade: excused
because: inherited gate
"""

import threading

from primitives import RWSem
from tests.evidence.unseen import side_by_side

gate, a, b = RWSem("read door"), threading.Lock(), threading.Lock()


def forwards():
    with a, b:
        pass


def backwards():
    with gate, b, a:
        pass


def starter():
    with gate.read():
        thread = threading.Thread(target=forwards)
        thread.start()
        thread.join()


side_by_side(starter, backwards)
