"""Three locks of one class in a nest, and the outer two the other way round.

grade: feasible
because: in 2 threads
"""

import threading

from tests.evidence.unseen import side_by_side

a, b, c = [threading.Lock() for _ in range(3)]


def nested():
    with a, b, c:
        pass


def backwards():
    with c, a:
        pass


side_by_side(nested, backwards)
