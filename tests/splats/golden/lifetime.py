"""Threads that end with locks held."""

import threading

lock = threading.Lock()
owned = threading.RLock()


def forget(which):
    which.acquire()


for which in (owned, lock):
    thread = threading.Thread(target=forget, args=(which,), name="forgetful")
    thread.start()
    thread.join()
