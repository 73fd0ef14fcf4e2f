"""Two threads of one that runs under the gate work at the same time.

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


def backwards_without_gate():
    with b, a:
        pass


def between():
    side_by_side(forwards, backwards_without_gate)


with gate:
    thread = threading.Thread(target=between)
    thread.start()
    thread.join()
