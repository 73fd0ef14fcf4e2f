"""A timer is joined under the lock that its function has taken.

grade: potential
because: held by the waiter
"""

import threading

from tests.evidence.unseen import Signal

lock = threading.Lock()
done = Signal()


def tick():
    with lock:
        pass
    done.set()


timer = threading.Timer(0, tick)
timer.start()
done.wait()
with lock:
    timer.join()
