"""The starter takes a unit for each thread, which gives it back when it is done.

grade: none
"""

import threading

slots, a = threading.BoundedSemaphore(2), threading.Lock()


def work():
    with a:
        pass
    slots.release()


threads = []
for _ in range(4):
    with a:
        pass
    slots.acquire()
    with a:
        threads.append(threading.Thread(target=work))
    threads[-1].start()
for thread in threads:
    thread.join()
with a:
    slots.acquire()
    slots.release()
