"""One side works on an item that the other one puts into a queue after its own work.

grade: potential
because: Queue.put() orders them
"""

import queue
import threading

a, b = threading.Lock(), threading.Lock()
items = queue.Queue()


def first():
    with a, b:
        pass
    items.put("item")


def second():
    items.get()
    with b, a:
        pass


def run(*works):
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


run(first, second)
