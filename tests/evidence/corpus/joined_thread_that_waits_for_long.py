"""A thread is joined under a lock for which it waits at this time, with a timeout that is long.

A third thread helps them out in the end.

grade: stall
because: timeout
"""

import threading
import time

lock = threading.Lock()


def work():
    if lock.acquire(timeout=60):
        lock.release()


def help_out():
    time.sleep(0.5)
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
