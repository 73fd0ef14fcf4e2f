"""A thread is joined under a unit of two, and takes the other one.

grade: none
"""

import threading

units = threading.Semaphore(2)


def work():
    units.acquire()
    units.release()


warm_up = threading.Thread(target=work)
warm_up.start()
warm_up.join()
units.acquire()
thread = threading.Thread(target=work)
thread.start()
thread.join()
units.release()
