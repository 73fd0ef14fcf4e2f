"""Two threads, two locks, two orders."""

import threading


class Account:
    def __init__(self):
        self.lock = threading.Lock()
        self.balance = 100


class Bank:
    def __init__(self):
        self.lock = threading.RLock()
        self.account = Account()

    def total(self):
        with self.lock:
            with self.account.lock:
                return self.account.balance

    def pay(self):
        with self.account.lock:
            self.account.balance -= 1
            self.log()

    def log(self):
        with self.lock:
            pass


bank = Bank()
for work in (bank.total, bank.pay):
    thread = threading.Thread(target=work, name=work.__name__)
    thread.start()
    thread.join()
