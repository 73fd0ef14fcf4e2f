"""Two threads want two units each of a semaphore with three: one of them gets both.

grade: none
"""

import threading

from tests.evidence.unseen import side_by_side

units = threading.Semaphore(3)


def both():
    with units, units:
        pass


side_by_side(both, both)
