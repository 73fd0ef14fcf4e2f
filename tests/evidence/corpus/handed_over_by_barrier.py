"""The sides work in different phases of a barrier.

grade: potential
because: Barrier.wait() orders them
"""

import threading

a, b = threading.Lock(), threading.Lock()
phases = threading.Barrier(2)


def first():
    with a, b:
        pass
    phases.wait()


def second():
    phases.wait()
    with b, a:
        pass


def run(*works):
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


run(first, second)
