"""Two threads want two units each, and take a lock in between.

grade: feasible
because: can take all 2
"""

import threading

from tests.evidence.unseen import side_by_side

units, between = threading.Semaphore(2), threading.Lock()


def both():
    with units, between, units:
        pass


side_by_side(both, both)
