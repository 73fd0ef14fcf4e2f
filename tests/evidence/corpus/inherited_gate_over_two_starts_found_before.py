"""The other side comes first; then a thread of a thread runs under the gate.

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


def between():
    thread = threading.Thread(target=forwards)
    thread.start()
    thread.join()


def starter():
    with gate:
        thread = threading.Thread(target=between)
        thread.start()
        thread.join()


side_by_side(backwards, starter)
