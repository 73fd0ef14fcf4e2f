"""An RLock is taken again under a lock, which another thread holds when it takes the RLock first.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

outer, a = threading.RLock(), threading.Lock()


def recursive():
    with outer, a, outer:
        pass


def backwards():
    with a, outer:
        pass


side_by_side(recursive, backwards)
