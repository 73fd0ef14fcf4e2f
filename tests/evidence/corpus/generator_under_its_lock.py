"""A generator holds its lock while the consumer takes another one.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

a, b = threading.Lock(), threading.Lock()


def items():
    with a:
        yield 1


def consume():
    for _ in items():
        with b:
            pass


def backwards():
    with b:
        list(items())


side_by_side(consume, backwards)
