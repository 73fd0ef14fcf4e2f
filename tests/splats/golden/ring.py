"""Three locks in a ring, the last wait with a timeout; then without."""

import threading

a = threading.Lock()
b = threading.Lock()
c = threading.Lock()


def two(first, second):
    with first:
        with second:
            pass


two(a, b)
two(b, c)
with c:
    if a.acquire(timeout=1):
        a.release()
two(c, a)
