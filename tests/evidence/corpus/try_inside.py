"""A lock that is only tried under the other one.

grade: none
"""

import threading

from tests.evidence.unseen import side_by_side

a, b = threading.Lock(), threading.Lock()


def forwards():
    with a, b:
        pass


def backwards():
    with b:
        if a.acquire(blocking=False):
            a.release()


side_by_side(forwards, backwards)
