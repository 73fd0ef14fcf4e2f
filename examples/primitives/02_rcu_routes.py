"""A routing table under RCU: readers never wait; an update replaces the table and frees the old one later.

    python examples/primitives/02_rcu_routes.py

One reader stays in its section while the table is replaced. It goes on with version 1 while other readers already see
version 2, and version 1 is freed only after that reader has left and the grace period is over. Then four readers look
up routes while twenty updates replace the table. A freed table has no routes, so a reader that used one would fail;
none does.
"""

import threading

import lockdep
from primitives import Atomic, Completion, Mutex, RCUPointer, call_rcu, cpu_relax, rcu_barrier, rcu_read_side
from primitives.rcu import rcu_assign_pointer, rcu_dereference, rcu_dereference_protected


class Table:
    """One version of the routes. It never changes while a reader can see it."""

    def __init__(self, version, routes):
        self.version = version
        self.routes = routes

    def route(self, address):
        return self.routes[max(filter(address.startswith, self.routes), key=len)]  # the longest matching prefix

    def free(self):
        self.routes = None
        freed.append(self.version)


table, freed = RCUPointer(Table(1, {"10.": "eth0", "10.1.": "eth1"})), []
updating = Mutex("updating")  # writers exclude each other; readers do not take it
inside, replaced = Completion(), Atomic()


def look_up(address):
    with rcu_read_side():
        return rcu_dereference(table).route(address)


def update(prefix, interface):
    with updating:
        old = rcu_dereference_protected(table, lockdep.is_held(updating))
        rcu_assign_pointer(table, Table(old.version + 1, {**old.routes, prefix: interface}))
    call_rcu(old.free)  # does not wait for the readers


def read_slowly():
    with rcu_read_side():
        seen = rcu_dereference(table)
        inside.complete()
        while not replaced.read():  # a section may spin but must not sleep
            cpu_relax()
        print(f"the reader inside: version {seen.version}, 10.1.2.3 by {seen.route('10.1.2.3')}, freed: {freed}")


reader = threading.Thread(target=read_slowly)
reader.start()
inside.wait_for_completion()
update("10.1.", "eth2")
print(f"a new reader: 10.1.2.3 by {look_up('10.1.2.3')}")
replaced.set(1)
reader.join()
rcu_barrier()  # all callbacks have run, so their grace periods are over
print(f"after the grace period: freed: {freed}")

answers = []
readers = [threading.Thread(target=lambda: answers.extend([look_up("10.9.9.9") for _ in range(500)])) for _ in range(4)]
for thread in readers:
    thread.start()
for number in range(20):
    update(f"10.{number}.", f"eth{number}")
for thread in readers:
    thread.join()
rcu_barrier()
with rcu_read_side():
    print(f"{len(answers)} look-ups beside 20 updates: version {rcu_dereference(table).version}, freed: {len(freed)}")
