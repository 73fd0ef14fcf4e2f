"""A condition is signalled before the signaller comes to its side.

grade: feasible
"""

import threading

from tests.evidence.unseen import Signal

a, b, cond, done = threading.Lock(), threading.Lock(), threading.Condition(), Signal()
ready = []


def forwards():
    with cond:
        ready.append(True)
        cond.notify_all()
    done.wait()
    with a, b:
        pass


def backwards():
    with cond:
        cond.wait_for(lambda: ready)
    with b, a:
        pass
    done.set()


waiter, signaller = (threading.Thread(target=work) for work in (backwards, forwards))
waiter.start()
while not cond._waiters:
    pass
signaller.start()
waiter.join()
signaller.join()
