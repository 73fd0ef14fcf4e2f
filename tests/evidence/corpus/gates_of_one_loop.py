"""Two gates that a loop makes: each side holds another one.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

gates = [threading.Lock() for _ in range(2)]
a, b = threading.Lock(), threading.Lock()


def one():
    with gates[0], a, b:
        pass


def two():
    with gates[1], b, a:
        pass


side_by_side(one, two)
