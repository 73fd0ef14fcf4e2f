"""The corrected version of examples/01_abba.py: both threads take accounts before audit."""

import threading

accounts = threading.Lock()
audit = threading.Lock()
balance = {"alice": 100, "bob": 0}
trail = []


def transfer(amount):
    """Change two balances and write it down: accounts first, then the trail."""
    with accounts:
        balance["alice"] -= amount
        balance["bob"] += amount
        with audit:
            trail.append(amount)


def report():
    """Read the trail and the balances that go with it: accounts first here too."""
    with accounts:
        with audit:
            moved = sum(trail)
            print(f"moved {moved}, bob has {balance['bob']}")


def run_alone(function, *args):
    """Run a function in a thread of its own, to its end."""
    thread = threading.Thread(target=function, args=args, name=function.__name__)
    thread.start()
    thread.join()


run_alone(transfer, 30)
run_alone(report)
