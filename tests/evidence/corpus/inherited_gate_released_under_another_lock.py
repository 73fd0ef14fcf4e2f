"""The starter releases the gate before it joins, and holds another lock on.

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
        thread.join()


side_by_side(starter, backwards)
