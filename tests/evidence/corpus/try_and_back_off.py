"""Each side tries the second lock, and lets go of the first if that fails.

grade: none
"""

import threading

from tests.evidence.unseen import side_by_side

a, b = threading.Lock(), threading.Lock()


def both(first, second):
    def work():
        while True:
            with first:
                if second.acquire(blocking=False):
                    second.release()
                    return

    return work


side_by_side(both(a, b), both(b, a))
