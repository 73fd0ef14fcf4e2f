"""Message passing: one thread writes data and then sets a flag; another thread sees the flag and then reads the data.

    python examples/primitives/08_message_passing.py

Unless both sides have a barrier, the second thread may see the flag and still read old data. For each choice of
barriers the program prints the outcomes that are possible on a machine as weak as the kernel's memory model, found by
exhaustive search, and the outcomes that the barriers forbid. Then two threads pass ten thousand messages through real
cells: the flag is stored with release and loaded with acquire, and no message is old when its flag is seen.
"""

import threading

from primitives import Atomic, Weak, cpu_relax, explore, parse, smp_load_acquire, smp_store_release

MESSAGES = 10_000
VARIANTS = {
    "none": ("data = 1; flag = 1", "r0 = flag; r1 = data"),
    "wmb alone": ("data = 1; wmb; flag = 1", "r0 = flag; r1 = data"),
    "rmb alone": ("data = 1; flag = 1", "r0 = flag; rmb; r1 = data"),
    "wmb and rmb": ("data = 1; wmb; flag = 1", "r0 = flag; rmb; r1 = data"),
    "mb and mb": ("data = 1; mb; flag = 1", "r0 = flag; mb; r1 = data"),
    "release and acquire": ("data = 1; release flag = 1", "r0 = acquire flag; r1 = data"),
}


def outcomes(threads):
    """Return the pairs (flag, data) that the second thread may read."""
    return {(values["r0"], values["r1"]) for values in map(dict, explore(parse(*threads), Weak))}


def show(pairs):
    return " ".join(f"{flag}/{data}" for flag, data in sorted(pairs)) or "-"


print(f"{'barriers':20} {'possible flag/data':20} forbidden")
without = outcomes(VARIANTS["none"])
for name, threads in VARIANTS.items():
    possible = outcomes(threads)
    print(f"{name:20} {show(possible):20} {show(without - possible)}")

data, flag = Atomic(), Atomic()
old = []


def send():
    for number in range(1, MESSAGES + 1):
        data.set(number)
        smp_store_release(flag, number)


def receive():
    seen = 0
    while seen < MESSAGES:
        seen = smp_load_acquire(flag)
        if data.read() < seen:
            old.append(seen)
        cpu_relax()


threads = [threading.Thread(target=function) for function in (receive, send)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(f"{MESSAGES} messages by smp_store_release and smp_load_acquire: {len(old)} were old when their flag was seen")
