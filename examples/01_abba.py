"""Two threads take the same two locks in opposite orders. They run one after the other, so nothing hangs here.

    lockdep run examples/01_abba.py

lockdep reports "possible circular locking dependency detected": accounts --> audit and audit -->
accounts, with the thread and both stacks of each. The program ends as always; the exit status is
66. Without lockdep the mistake goes unnoticed until the day on which both threads run at once.
"""

import threading

accounts = threading.Lock()
audit = threading.Lock()
balance = {"alice": 100, "bob": 0}
trail = []


def transfer(amount):
    """Change two balances and record the amount: take accounts first, then audit."""
    with accounts:
        balance["alice"] -= amount
        balance["bob"] += amount
        with audit:
            trail.append(amount)


def report():
    """Read the trail and the balances that go with it: take audit first, then accounts."""
    with audit:
        moved = sum(trail)
        with accounts:
            print(f"moved {moved}, bob has {balance['bob']}")


def run_alone(function, *args):
    """Run a function in a thread of its own and wait for its end."""
    thread = threading.Thread(target=function, args=args, name=function.__name__)
    thread.start()
    thread.join()


run_alone(transfer, 30)
run_alone(report)
