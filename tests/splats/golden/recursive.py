"""A lock wanted again by its holder, first with a timeout, so that the program goes on."""

import threading

lock = threading.Lock()


def outer():
    with lock:
        inner()


def inner():
    if lock.acquire(timeout=0.001):
        lock.release()


outer()
