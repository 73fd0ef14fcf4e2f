"""Two semaphores are taken in both orders, and given back in the order in which they were taken.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

left, right = threading.Semaphore(1), threading.Semaphore(1)


def eat(first, second):
    first.acquire()
    second.acquire()
    first.release()
    second.release()


side_by_side(lambda: eat(left, right), lambda: eat(right, left))
