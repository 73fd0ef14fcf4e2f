"""The starter leaves the gate before it waits for the thread.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

gate, a, b = threading.Lock(), threading.Lock(), threading.Lock()
done = []


def forwards():
    with a, b:
        pass


def s1():
    with gate:
        t = threading.Thread(target=forwards)
        t.start()
        done.append(t)
    t.join()


def s2():
    with gate, b, a:
        pass


side_by_side(s1, s2)
