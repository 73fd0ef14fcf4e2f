"""A future is done when a callback is added under a lock: the callback runs there and then.

grade: feasible
"""

import threading
from concurrent.futures import Future

from tests.evidence.unseen import side_by_side

a, b = threading.Lock(), threading.Lock()
future = Future()
future.set_result(1)


def callback(_done):
    with b:
        pass


def forwards():
    with a:
        future.add_done_callback(callback)


def backwards():
    with b, a:
        pass


side_by_side(forwards, backwards)
