"""A gate that two of three sides hold is enough.

grade: excused
because: gate
"""

import threading

from tests.evidence.unseen import side_by_side

gate, a, b, c = threading.Lock(), threading.Lock(), threading.Lock(), threading.Lock()


def first():
    with gate, a, b:
        pass


def second():
    with gate, b, c:
        pass


def third():
    with c, a:
        pass


side_by_side(first, second, third)
