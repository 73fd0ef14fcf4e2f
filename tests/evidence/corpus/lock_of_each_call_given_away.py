"""A call makes a lock under another one, and gives it to the others.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

shared = threading.Lock()
given = []


def call():
    with shared:
        given.append(threading.Lock())


def forwards():
    with shared, given[0]:
        pass


def backwards():
    with given[0], shared:
        pass


side_by_side(call, forwards, backwards)
