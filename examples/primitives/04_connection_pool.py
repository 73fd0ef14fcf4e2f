"""A connection pool: the semaphore has one unit for each connection, so a thread with a unit always finds an idle one.

    python examples/primitives/04_connection_pool.py

Three clients borrow the three connections. A fourth client gets none at once, gives up when its timeout is over, and is
served when one of the others has returned its connection. Then eight clients share the three connections for forty
queries, and no two of them ever use the same connection at once.
"""

import threading
from contextlib import contextmanager

from primitives import Atomic, Completion, Semaphore, SpinLock


class Connection:
    """A connection that can run one query at a time."""

    def __init__(self):
        self.users = Atomic()

    def query(self):
        return self.users.inc_return() == 1 and self.users.dec_return() == 0


class Pool:
    """As many connections as the semaphore has units. The spinlock protects the list, for single operations on it."""

    def __init__(self, size):
        self.units, self.lock = Semaphore(size, "pool.units"), SpinLock("pool.lock")
        self.idle = [Connection() for _ in range(size)]

    @contextmanager
    def connection(self, timeout=60):
        if not self.units.down_timeout(timeout):  # first come, first served; the spinlock is not held meanwhile
            raise TimeoutError("all connections are in use")
        with self.lock:
            connection = self.idle.pop()
        try:
            yield connection
        finally:
            with self.lock:
                self.idle.append(connection)
            self.units.up()  # only after the connection is in the list, because a unit promises one


def hold_one():
    with pool.connection():
        borrowed.complete()
        go_on.wait_for_completion()


def ask():
    for _ in range(5):
        with pool.connection() as connection:
            answers.append(connection.query())


pool, answers = Pool(3), []
borrowed, go_on = Completion(), Completion()
clients = [threading.Thread(target=target) for target in [hold_one] * 3 + [ask] * 8]
for client in clients[:3]:
    client.start()
    borrowed.wait_for_completion()
print(f"3 clients have borrowed: {pool.units.count} units free")
for timeout in (0, 0.01):
    try:
        with pool.connection(timeout):
            print("a fourth one is served")
    except TimeoutError as error:
        print(f"a fourth one, timeout {timeout}: {error}")
go_on.complete()  # for one of the three
with pool.connection():
    print(f"when one was given back: served, {pool.units.count} units free")
go_on.complete_all()
for client in clients[3:]:
    client.start()
for client in clients:
    client.join()
print(f"8 clients: {len(answers)} queries, {sum(answers)} alone on their connection; {pool.units.count} units free")
