"""A thread is joined under a lock for which it waits at this time, and again after each timeout.

A third thread helps them out in the end.

grade: potential
"""

import threading
import time

from lockdep import runtime

lock = threading.Lock()


def work():
    while not lock.acquire(timeout=0.1):
        pass
    lock.release()


def help_out():
    for _ in range(3000):
        time.sleep(0.01)
        if runtime.findings():
            break
    lock.release()


lock.acquire()
helper = threading.Thread(target=help_out)
helper.start()
thread = threading.Thread(target=work)
thread.start()
thread.join()
helper.join()
with lock:  # now this thread notices that it has lost the lock
    pass
