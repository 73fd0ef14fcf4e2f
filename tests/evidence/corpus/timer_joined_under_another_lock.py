"""A timer is joined under a lock that its function does not take.

grade: none
"""

import threading

lock, other = threading.Lock(), threading.Lock()


def tick():
    with lock:
        pass


timer = threading.Timer(0, tick)
timer.start()
with other:
    timer.join()
