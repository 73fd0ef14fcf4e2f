"""Two cycles through one dependency: the second is told in short."""

import threading

hub = threading.RLock()
left = threading.Lock()
right = threading.Lock()


def two(first, second):
    with first:
        with second:
            pass


two(hub, left)
two(left, hub)
two(left, right)
two(right, hub)
