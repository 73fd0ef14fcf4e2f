"""A thread is joined under the only unit, which it wants; the join gives up.

grade: stall
"""

import threading

units = threading.Semaphore(1)


def work():
    units.acquire()
    units.release()


warm_up = threading.Thread(target=work)
warm_up.start()
warm_up.join()
units.acquire()
thread = threading.Thread(target=work)
thread.start()
thread.join(0.2)
units.release()
