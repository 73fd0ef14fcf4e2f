"""A gate that one side holds for writing, the other one for reading.

grade: excused
because: gate
"""

import threading

from primitives import RWSem
from tests.evidence.unseen import side_by_side

gate, a, b = RWSem("gate"), threading.Lock(), threading.Lock()


def forwards():
    with gate.read(), a, b:
        pass


def backwards():
    with gate, b, a:
        pass


side_by_side(forwards, backwards)
