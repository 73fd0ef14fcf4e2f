"""The first side has ended before the second began: its thread was joined by one that was joined.

grade: potential
"""

import threading

a, b = threading.Lock(), threading.Lock()


def inner():
    with a, b:
        pass


def outer():
    t = threading.Thread(target=inner)
    t.start()
    t.join()


def two():
    with b, a:
        pass


t = threading.Thread(target=outer)
t.start()
t.join()
t = threading.Thread(target=two)
t.start()
t.join()
