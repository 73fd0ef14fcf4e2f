"""The starter lets go of the gate under another lock, and takes it again before it joins.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

outer, gate, a, b = threading.Lock(), threading.Lock(), threading.Lock(), threading.Lock()


def forwards():
    with a, b:
        pass


def backwards():
    with gate, b, a:
        pass


def starter():
    with outer:
        with gate:
            thread = threading.Thread(target=forwards)
            thread.start()
        with gate:
            thread.join()


side_by_side(starter, backwards)
