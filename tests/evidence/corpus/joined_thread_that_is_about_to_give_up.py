"""A thread is joined under a lock for which it waits at this time, with a timeout.

grade: stall
because: timeout
"""

import threading

lock = threading.Lock()


def work():
    if lock.acquire(timeout=0.3):
        lock.release()


with lock:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
