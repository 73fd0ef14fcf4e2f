"""One side works on an item of a third thread.

grade: feasible
"""

import queue
import threading

from tests.evidence.unseen import Signal

a, b = threading.Lock(), threading.Lock()
items, seen, before = queue.Queue(), Signal(), Signal()


def first():
    before.wait()
    with a, b:
        pass
    items.put("mine")
    seen.set()


def second():
    items.get()
    before.set()
    seen.wait()
    with b, a:
        pass


def third():
    items.put("other")


def run(*works):
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


run(first, second, third)
