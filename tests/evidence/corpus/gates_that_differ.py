"""Each side holds a gate of its own.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

gate, inner, a, b = threading.Lock(), threading.Lock(), threading.Lock(), threading.Lock()


def forwards():
    with gate, a, b:
        pass


def backwards():
    with inner, b, a:
        pass


side_by_side(forwards, backwards)
