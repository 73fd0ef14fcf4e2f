"""The starter holds the gate twice, and lets go of it once before it joins.

grade: excused
because: inherited gate
"""

import threading

from tests.evidence.unseen import side_by_side

gate, a, b = threading.RLock(), threading.Lock(), threading.Lock()


def forwards():
    with a, b:
        pass


def backwards():
    with gate, b, a:
        pass


def starter():
    with gate:
        with gate:
            thread = threading.Thread(target=forwards)
            thread.start()
        thread.join()


side_by_side(starter, backwards)
