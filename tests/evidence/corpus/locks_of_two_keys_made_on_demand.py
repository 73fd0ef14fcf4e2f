"""The same, where each key is only taken in one order.

grade: unmatched
"""

import threading
from collections import defaultdict

from tests.evidence.unseen import side_by_side

registry, locks = threading.Lock(), defaultdict(threading.Lock)


def lock_of(key):
    return locks[key]


def forwards(key):
    with registry:
        with lock_of(key):
            pass


def backwards(key):
    with lock_of(key):
        with registry:
            pass


side_by_side(lambda: forwards("key"), lambda: backwards("other"))
