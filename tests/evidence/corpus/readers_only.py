"""Two locks for readers and writers, read in two orders, and never written.

grade: excused
because: readers
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


side_by_side(forwards, backwards)
