"""The program that tests.bench.trip traces. Prints the files of the Python functions called, one a line, in order."""

import sys

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
with b:
    sys.setprofile(note)
    a.acquire()  # closes the cycle: validated and reported before it returns
    sys.setprofile(None)
    a.release()
print("\n".join(called))
