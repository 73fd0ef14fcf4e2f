"""Both orders of two locks of one class, then two that do not match."""

import threading


class Account:
    def __init__(self):
        self.lock = threading.Lock()


class Audit:
    def __init__(self):
        self.lock = threading.Lock()


def transfer(source, target):
    with source.lock:
        with target.lock:
            pass


anna, bert = Account(), Account()
transfer(anna, bert)
transfer(bert, anna)

first, second = Audit(), Audit()
transfer(anna, first)
transfer(second, bert)
