"""A join makes a dependency that closes a circle with another lock."""

import threading

state = threading.Lock()
output = threading.Lock()
ended = threading.Event()


def write():
    with output:
        pass
    ended.set()


def stop():
    thread = threading.Thread(target=write, name="writer")
    thread.start()
    ended.wait()
    with state:
        thread.join()


def show():
    with output:
        with state:
            pass


stop()
show()
