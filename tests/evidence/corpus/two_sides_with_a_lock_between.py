"""One side holds a third lock in between, which plays no part.

grade: feasible
because: in 2 threads
"""

import threading

from tests.evidence.unseen import side_by_side

app, message, callback = threading.Lock(), threading.Lock(), threading.Lock()


def publish():
    with app, message:
        pass


def network():
    with message, callback, app:
        pass


side_by_side(publish, network)
