"""An event is waited for with a lock held, and signalled with that lock held."""

import lockdep
from lockdep.fastpath import ExclusiveLock
from lockdep.wait_types import Traits


class Mutex(ExclusiveLock):
    traits = Traits()


class Request:
    def __init__(self):
        self.lock = Mutex("request.lock")
        self.finished = lockdep.LockMap("request.finished")

    def wait(self):
        with self.lock:
            self.finished.sync()

    def finish(self):
        with self.lock:
            self.finished.signal()


def main():
    request = Request()
    request.wait()
    request.finish()


main()
