"""A generator gives its items after it has let go of its lock.

grade: none
"""

import threading

from tests.evidence.unseen import side_by_side

a, b = threading.Lock(), threading.Lock()


def items():
    with a:
        found = [1]
    yield from found


def consume():
    for _ in items():
        with b:
            pass


def backwards():
    with b:
        list(items())


side_by_side(consume, backwards)
