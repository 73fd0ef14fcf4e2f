"""Locks that a loop makes, taken in a ring: the dining philosophers.

grade: feasible
"""

import threading

from tests.evidence.unseen import side_by_side

forks = [threading.Lock() for _ in range(3)]


def eat(i):
    return lambda: take(i)


def take(i):
    with forks[i], forks[(i + 1) % 3]:
        pass


side_by_side(*[eat(i) for i in range(3)])
