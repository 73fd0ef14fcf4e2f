"""Each side reads one lock and writes the other.

grade: feasible
"""

from primitives import RWSem
from tests.evidence.unseen import side_by_side

a, b = RWSem("a"), RWSem("b")


def forwards():
    with a.read(), b:
        pass


def backwards():
    with b.read(), a:
        pass


side_by_side(forwards, backwards)
