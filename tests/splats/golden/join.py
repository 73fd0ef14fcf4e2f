"""A thread, and then a work item, is waited for under a lock that it took."""

import threading
from concurrent.futures import ThreadPoolExecutor

lock = threading.Lock()
ended = threading.Event()


def work():
    with lock:
        pass


def announce():
    work()
    ended.set()


thread = threading.Thread(target=announce, name="worker")
thread.start()
ended.wait()
with lock:
    thread.join()

with ThreadPoolExecutor(1, thread_name_prefix="pool") as pool:
    future = pool.submit(work)
    pool.submit(ended.clear)
    pool.submit(print).result()
    with lock:
        future.result()
