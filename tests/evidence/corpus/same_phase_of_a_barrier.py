"""The sides work in the same phase of a barrier.

grade: feasible
"""

import threading

from tests.evidence.unseen import Signal

a, b = threading.Lock(), threading.Lock()
phases, seen = threading.Barrier(2), Signal()


def first():
    phases.wait()
    with a, b:
        pass
    seen.set()
    phases.wait()


def second():
    phases.wait()
    seen.wait()
    with b, a:
        pass
    phases.wait()


def run(*works):
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


run(first, second)
