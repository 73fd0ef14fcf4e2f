"""The same, where the thread that makes units too few comes last.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

units, a = threading.Semaphore(2), threading.Lock()


def forwards():
    with units, a:
        pass


def backwards():
    with a, units:
        pass


side_by_side(backwards, forwards, forwards)
