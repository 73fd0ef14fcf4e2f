"""The thread between holds a lock of its own, and lets go of it before it joins.

grade: excused
because: inherited gate
"""

import threading

from tests.evidence.unseen import side_by_side

gate, a, b = threading.Lock(), threading.Lock(), threading.Lock()


def forwards():
    with a, b:
        pass


def backwards():
    with gate, b, a:
        pass


own = threading.Lock()


def between():
    with own:
        thread = threading.Thread(target=forwards)
        thread.start()
    thread.join()


def starter():
    with gate:
        thread = threading.Thread(target=between)
        thread.start()
        thread.join()


side_by_side(starter, backwards)
