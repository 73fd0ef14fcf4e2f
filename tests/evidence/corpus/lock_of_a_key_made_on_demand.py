"""The lock of a key is made when it is first asked for, under the lock of all.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

registry, locks = threading.Lock(), {}


def forwards(key):
    with registry:
        with locks.setdefault(key, threading.Lock()):
            pass


def backwards(key):
    with locks.setdefault(key, threading.Lock()):
        with registry:
            pass


side_by_side(lambda: forwards("key"), lambda: backwards("key"))
