"""Two threads each join a thread under a unit of two; what they join wants a unit, too.

grade: potential
"""

import threading

from tests.evidence.unseen import side_by_side

units = threading.Semaphore(2)


def work():
    with units:
        pass


def start_and_join():
    with units:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()


side_by_side(start_and_join, start_and_join)
