"""The starter joins under the gate a thread that does not wait for the one it has started.

grade: feasible
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


inner = threading.Thread(target=forwards)


def starter():
    with gate:
        thread = threading.Thread(target=inner.start)
        thread.start()
        thread.join()
    inner.join()


side_by_side(starter, backwards)
