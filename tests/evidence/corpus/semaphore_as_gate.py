"""A semaphore of one unit as a gate.

grade: excused
because: gate
"""

import threading

from tests.evidence.unseen import side_by_side

warm_up = threading.Thread(target=int)
warm_up.start()
warm_up.join()
gate, a, b = threading.Semaphore(1), threading.Lock(), threading.Lock()


def forwards():
    with gate, a, b:
        pass


def backwards():
    with gate, b, a:
        pass


side_by_side(forwards, backwards)
