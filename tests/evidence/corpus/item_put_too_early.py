"""One side works on an item that the other one puts into a queue before its own work.

grade: feasible
"""

import queue
import threading

from tests.evidence.unseen import Signal

a, b = threading.Lock(), threading.Lock()
items, seen = queue.Queue(), Signal()


def first():
    items.put("item")
    with a, b:
        pass
    seen.set()


def second():
    items.get()
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
