"""One side waits for an event that the other one sets before it takes the locks.

grade: feasible
"""

import threading

from tests.evidence.unseen import Signal

a, b = threading.Lock(), threading.Lock()
started, seen = threading.Event(), Signal()


def first():
    started.set()
    with a, b:
        pass
    seen.set()


def second():
    started.wait()
    seen.wait()
    with b, a:
        pass


def run(*works):
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


run(first, second)
