"""One side waits for a result that the other one sets.

grade: potential
because: Future.result() orders them
"""

import threading
from concurrent.futures import Future

a, b = threading.Lock(), threading.Lock()
answer = Future()


def first():
    with a, b:
        pass
    answer.set_result(1)


def second():
    answer.result()
    with b, a:
        pass


def run(*works):
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


run(first, second)
