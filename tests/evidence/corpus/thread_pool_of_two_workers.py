"""Both sides are work items of a ThreadPool with two workers.

grade: feasible
"""

import threading
from multiprocessing.pool import ThreadPool

from tests.evidence.unseen import Signal

a, b = threading.Lock(), threading.Lock()
met, done = Signal(), Signal()


def forwards():
    with a, b:
        pass


def backwards():
    with b, a:
        pass


def meet():
    met.set()
    done.wait()
    backwards()


with ThreadPool(2) as pool:
    result = pool.apply_async(meet)
    met.wait()
    pool.apply(forwards)
    done.set()
    result.get()
