"""An RLock is taken again under a lock, by threads that took it first.

grade: none
"""

import threading

from tests.evidence.unseen import side_by_side

outer, a = threading.RLock(), threading.Lock()


def recursive():
    with outer, a, outer:
        pass


def again():
    with outer, outer, a:
        pass


side_by_side(recursive, again)
