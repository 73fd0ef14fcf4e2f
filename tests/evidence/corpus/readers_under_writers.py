"""Each side writes one lock and reads the other, under a gate that it reads, and the gate has a writer.

grade: feasible
"""

from primitives import RWSem
from tests.evidence.unseen import side_by_side

gate, a, b = RWSem("gate of readers"), RWSem("a"), RWSem("b")


def forwards():
    with gate.read(), a, b.read():
        pass


def backwards():
    with gate.read(), b, a.read():
        pass


def close():
    with gate:
        pass


side_by_side(forwards, backwards, close)
