"""A decorator takes one gate around both sides.

grade: excused
because: gate
"""

import contextlib
import threading

from tests.evidence.unseen import side_by_side

gate, a, b = threading.Lock(), threading.Lock(), threading.Lock()


@contextlib.contextmanager
def alone():
    gate.acquire()
    try:
        yield
    finally:
        gate.release()


@alone()
def forwards():
    with a, b:
        pass


@alone()
def backwards():
    with contextlib.ExitStack() as stack:
        stack.enter_context(b)
        stack.enter_context(a)


side_by_side(forwards, backwards)
