"""Three locks, three functions, each correct when read alone. No two of them disagree, but the three together
close a ring.

    lockdep run examples/02_three_lock_ring.py

lockdep reports one cycle of three dependencies, orders --> stock --> prices --> orders, and three
threads that would block each other. Everything runs in one thread: lockdep needs to see each order
once, not the threads that would collide. The exit status is 66.
"""

import threading


class Shop:
    """Orders, stock and prices, each with a lock of its own."""

    def __init__(self):
        self.orders_lock = threading.Lock()
        self.stock_lock = threading.Lock()
        self.prices_lock = threading.Lock()
        self.orders = []
        self.stock = {"tea": 10}
        self.prices = {"tea": 4}

    def order(self, item):
        with self.orders_lock:
            self.orders.append(item)
            with self.stock_lock:
                self.stock[item] -= 1

    def sell_off(self, item):
        with self.stock_lock:
            if self.stock[item] > 5:
                with self.prices_lock:
                    self.prices[item] -= 1

    def raise_price(self, item):
        with self.prices_lock:
            with self.orders_lock:
                if item in self.orders:
                    self.prices[item] += 1


shop = Shop()
shop.order("tea")
shop.sell_off("tea")
shop.raise_price("tea")
print("tea costs", shop.prices["tea"])
