"""Wound/wait: two mutexes of one class in any order, where the younger of two transactions backs off.

    python examples/primitives/15_wound_wait.py

Two transfers between the same accounts, in opposite directions, take the two mutexes in opposite orders. There is no
order that all could follow, because the program learns the accounts one by one. The first part takes them without a
context: lockdep reports it ("possible recursive locking detected"), as two mutexes of one class. The second part takes
them in two transactions that meet: each has its first mutex and wants the other's. The older one waits. The younger one
is told -EDEADLK, releases all it has, sleeps until the contended mutex is free (lock_slow) and goes on from there. The
third part leaves this loop to WWClass.lock_all.
"""

import threading
from errno import EDEADLK

import lockdep
from primitives import AcquireContext, Atomic, WWClass, WWMutex, cpu_relax


class Account:
    def __init__(self, family, balance):
        self.mutex, self.balance = WWMutex(family), balance


def move(source, target, amount):
    source.balance -= amount
    target.balance += amount


def without_context(alice, bob):
    for source, target in ((alice, bob), (bob, alice)):
        with source.mutex, target.mutex:
            move(source, target, 1)


def two_transactions(alice, bob):
    inside = Atomic()  # how many have their first mutex

    def transact(name, source, target):
        with AcquireContext(accounts) as context:
            has, needs = source, target
            has.mutex.lock(context)
            inside.inc()
            while inside.read() < 2:
                cpu_relax()
            while needs.mutex.lock(context) == -EDEADLK:
                print(f"  {name} backs off")
                has.mutex.unlock()
                needs.mutex.lock_slow(context)
                has, needs = needs, has
            context.done()
            move(source, target, 1)
            source.mutex.unlock()
            target.mutex.unlock()

    older = threading.Thread(target=transact, args=("the older", alice, bob))
    older.start()
    while inside.read() < 1:  # its transaction has begun, so it is the older one
        cpu_relax()
    younger = threading.Thread(target=transact, args=("the younger", bob, alice))
    younger.start()
    older.join()
    younger.join()


def by_lock_all(alice, bob):
    for source, target in ((alice, bob), (bob, alice)):
        with accounts.lock_all(source.mutex, target.mutex):  # backs off by itself as often as it must
            move(source, target, 1)


for function in (without_context, two_transactions, by_lock_all):
    before = len(lockdep.findings())
    accounts = WWClass(function.__name__)
    alice, bob = Account(accounts, 10), Account(accounts, 10)
    print(f"{function.__name__}:")
    function(alice, bob)
    for finding in lockdep.findings()[before:]:
        print(f"  lockdep: {finding.title} ({', '.join(finding.classes)})")
    print(f"  findings: {len(lockdep.findings()) - before}, balances {alice.balance} and {bob.balance}")
