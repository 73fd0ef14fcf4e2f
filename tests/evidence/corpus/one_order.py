"""Two locks in one order.

grade: none
"""

import threading

from tests.evidence.unseen import side_by_side

a, b = threading.Lock(), threading.Lock()


def forwards():
    with a, b:
        pass


side_by_side(forwards, forwards)
