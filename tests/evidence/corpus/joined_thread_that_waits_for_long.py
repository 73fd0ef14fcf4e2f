"""A thread is joined under a lock for which it waits at this time, with a timeout that is long.

A third thread helps them out in the end.

grade: stall
because: timeout
"""

import threading
import time

from lockdep import runtime

lock = threading.Lock()


def work():
    if lock.acquire(timeout=60):
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
