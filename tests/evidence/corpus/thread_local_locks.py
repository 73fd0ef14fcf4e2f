"""Each thread has a lock in a threading.local, in both orders with a shared one.

grade: excused
because: confinement
"""

import threading

from tests.evidence.unseen import side_by_side

shared, own = threading.Lock(), threading.local()


def work():
    own.lock = threading.Lock()
    with own.lock, shared:
        pass
    with shared, own.lock:
        pass


kept = []


def keep():
    work()
    kept.append(own.lock)


side_by_side(keep, keep, keep)
