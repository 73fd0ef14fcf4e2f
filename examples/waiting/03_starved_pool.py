"""Each item of a pool waits for another item of the same pool, and all workers do that at the same time.

    lockdep run --on-deadlock raise examples/waiting/03_starved_pool.py

The pool has two workers. Both run an item that has submitted a part of its work to the pool and waits for
the result, so nobody is left to run the parts. lockdep reports "possible deadlock: a work item waits for
another one of its own pool" when it sees the first of them, and "threads are blocked for ever" when it
has happened. With `--on-deadlock raise` one of the items gets a DeadlockError, and its worker runs the
part of the other one. The exit status is 66. The correction is another pool for the parts.
"""

import threading
from concurrent.futures import ThreadPoolExecutor

both = threading.Barrier(2)


def part(number):
    return number * number


def whole(number):
    both.wait()
    return pool.submit(part, number).result()


with ThreadPoolExecutor(2, thread_name_prefix="worker") as pool:
    futures = [pool.submit(whole, number) for number in (3, 4)]
    failed = sum(future.exception() is not None for future in futures)
print(failed, "of 2 items failed")
