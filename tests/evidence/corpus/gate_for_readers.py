"""A gate that both sides hold for reading lets both in.

grade: feasible
"""

import threading

from primitives import RWSem
from tests.evidence.unseen import side_by_side

gate, a, b = RWSem("gate"), threading.Lock(), threading.Lock()


def forwards():
    with gate.read(), a, b:
        pass


def backwards():
    with gate.read(), b, a:
        pass


def write():
    with gate:
        pass


side_by_side(forwards, backwards, write)
