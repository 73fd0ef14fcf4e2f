"""Two locks for readers and writers, read in two orders; a writer comes between.

grade: feasible
"""

from primitives import RWSem
from tests.evidence.unseen import side_by_side

a, b = RWSem("a"), RWSem("b")


def forwards():
    with a.read(), b.read():
        pass


def backwards():
    with b.read(), a.read():
        pass


def write():
    with a:
        pass
    with b:
        pass


side_by_side(forwards, backwards, write)
