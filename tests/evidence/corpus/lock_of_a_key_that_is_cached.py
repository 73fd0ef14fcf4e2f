"""The lock of a key is made by a function that keeps what it returns, when first asked for, under the lock of all.

grade: feasible
"""

import threading
from functools import cache

from tests.evidence.unseen import side_by_side

registry = threading.Lock()


@cache
def lock_of(_key):
    return threading.Lock()


def forwards(key):
    with registry:
        with lock_of(key):
            pass


def backwards(key):
    with lock_of(key):
        with registry:
            pass


side_by_side(lambda: forwards("key"), lambda: backwards("key"))
