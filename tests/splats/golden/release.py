"""Releases that raise: of a free lock, and of another thread's RLock."""

import threading

free = threading.Lock()
owned = threading.RLock()


def release(lock):
    try:
        lock.release()
    except RuntimeError as error:
        print(error)


release(free)
with owned:
    thread = threading.Thread(target=release, args=(owned,), name="stranger")
    thread.start()
    thread.join()
