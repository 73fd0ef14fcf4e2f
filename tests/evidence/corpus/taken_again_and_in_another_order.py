"""The same, and another thread takes the two in the other order.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

r, a = threading.RLock(), threading.Lock()


def forwards():
    with r:
        with a:
            with r:
                pass


def backwards():
    with a, r:
        pass


side_by_side(forwards, backwards)
