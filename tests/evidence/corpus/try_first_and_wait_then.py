"""A thread tries a lock, and waits for it if the try fails.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

a, b = threading.Lock(), threading.Lock()


def forwards():
    with a:
        if not b.acquire(blocking=False):
            b.acquire()
        b.release()


def forwards_while_busy():
    b.acquire()
    thread = threading.Thread(target=forwards)
    thread.start()
    while not a.locked():
        pass
    threading.Event().wait(0.02)
    b.release()
    thread.join()


def backwards():
    with b, a:
        pass


side_by_side(forwards_while_busy, backwards)
