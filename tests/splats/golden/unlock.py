"""Releases of a mutex that this thread does not hold: of one that is free, and of one that another thread holds."""

import threading

from lockdep.fastpath import DepMap
from lockdep.wait_types import Traits


class Mutex:
    traits = Traits()


free, taken = DepMap("free", Mutex), DepMap("taken", Mutex)


def release(lock):
    lock.release()


release(free)
taken.hold()
thread = threading.Thread(target=release, args=(taken,), name="stranger")
thread.start()
thread.join()
taken.release()
