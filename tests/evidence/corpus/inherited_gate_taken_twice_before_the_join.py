"""The starter takes its gate a second time under the first, after the start and before the join.

grade: excused
because: inherited gate
"""

import threading

from tests.evidence.unseen import side_by_side

outer, gate, a, b = threading.Lock(), threading.RLock(), threading.Lock(), threading.Lock()


def forwards():
    with a, b:
        pass


def backwards():
    with gate, b, a:
        pass


def starter():
    with outer, gate:
        thread = threading.Thread(target=forwards)
        thread.start()
        with gate:
            thread.join()


side_by_side(starter, backwards)
