"""A call makes a lock under another one, gives it to nobody, and takes it after and around that one.

grade: excused
"""

import threading

from tests.evidence.unseen import side_by_side

shared = threading.Lock()


def call():
    with shared:
        own = threading.Lock()
        with own:
            pass
    with own, shared:
        pass


side_by_side(call, call)
