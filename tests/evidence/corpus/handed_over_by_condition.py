"""A signal of a condition orders the sides.

grade: potential
because: Condition.notify()
"""

import threading

a, b, cond = threading.Lock(), threading.Lock(), threading.Condition()
ready = []


def forwards():
    with a, b:
        pass
    with cond:
        ready.append(True)
        cond.notify_all()


def backwards():
    with cond:
        cond.wait_for(lambda: ready)
    with b, a:
        pass


waiter, signaller = (threading.Thread(target=work) for work in (backwards, forwards))
waiter.start()
while not cond._waiters:
    pass
signaller.start()
waiter.join()
signaller.join()
