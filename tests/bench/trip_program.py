"""The program that tests.bench.trip traces. Prints the files of the Python functions called, one a line, in order."""

import sys

import lockdep.splats.splat  # noqa: F401 - imported with the first report, which is no part of the trip
from lockdep.threading import Lock

called = []


def note(frame, event, _):
    if event == "call":
        called.append(frame.f_code.co_filename)


a = Lock()
b = Lock()
with a:
    with b:
        pass
b.acquire()
sys.setprofile(note)
a.acquire()  # closes the cycle
a.release()
b.release()  # the thread is calm: what it saw is judged and reported before this returns
sys.setprofile(None)
print("\n".join(called))
