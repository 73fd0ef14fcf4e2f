"""The corrected version of examples/waiting/03_starved_pool.py: the parts have a pool of their own."""

import threading
from concurrent.futures import ThreadPoolExecutor

both = threading.Barrier(2)


def part(number):
    return number * number


def whole(number):
    both.wait()
    return parts.submit(part, number).result()


with ThreadPoolExecutor(2) as parts, ThreadPoolExecutor(2, thread_name_prefix="worker") as pool:
    futures = [pool.submit(whole, number) for number in (3, 4)]
    failed = sum(future.exception() is not None for future in futures)
print(failed, "of 2 items failed")
