"""The starter lets go of the gate when the thread does not end in time.

grade: feasible
"""

import threading

from tests.evidence.unseen import Signal, side_by_side

gate, a, b = threading.Lock(), threading.Lock(), threading.Lock()
late = Signal()


def forwards():
    late.wait()
    with a, b:
        pass


def backwards():
    with gate, b, a:
        pass


def starter():
    with gate:
        thread = threading.Thread(target=forwards)
        thread.start()
        thread.join(0.001)
    late.set()
    thread.join()


side_by_side(starter, backwards)
