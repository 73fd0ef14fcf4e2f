"""One side waits for an event that the other one sets.

grade: potential
because: Event.set() orders them
"""

import threading

a, b = threading.Lock(), threading.Lock()
done = threading.Event()


def first():
    with a, b:
        pass
    done.set()


def second():
    done.wait()
    with b, a:
        pass


def run(*works):
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


run(first, second)
