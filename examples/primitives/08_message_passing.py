"""Message passing: one thread writes data and then sets a flag; another thread sees the flag and then reads the data.

    python examples/primitives/08_message_passing.py

The listing is that of the texts: the reader waits in a loop for the flag. Unless both sides have a barrier, it may see
the flag and still read old data. For each choice of barriers the program prints the values that it may read on a
machine as weak as the kernel's memory model, found by exhaustive search, and those that the barriers forbid. Then two
threads pass ten thousand messages through real cells: the flag is stored with release and loaded with acquire, and no
message is old when its flag is seen. Under the GIL this half cannot fail, with barriers or without: one thread runs at
a time and sees all that the others have stored. So it shows how the calls are written; what they are needed for, the
search shows.
"""

import threading

from primitives import Atomic, Weak, cpu_relax, explore, parse, smp_load_acquire, smp_store_release

MESSAGES = 10_000
WRITER = "WRITE_ONCE(data, 1); {} WRITE_ONCE(flag, 1);"
READER = "while (!READ_ONCE(flag)) cpu_relax(); {} r0 = READ_ONCE(data);"
VARIANTS = {  # what stands between the two accesses of the writer, and of the reader
    "none": ("", ""),
    "barrier(), barrier()": ("barrier();", "barrier();"),
    "smp_wmb() alone": ("smp_wmb();", ""),
    "smp_rmb() alone": ("", "smp_rmb();"),
    "smp_wmb(), smp_rmb()": ("smp_wmb();", "smp_rmb();"),
    "smp_mb(), smp_mb()": ("smp_mb();", "smp_mb();"),
}
RELEASE_ACQUIRE = (
    "WRITE_ONCE(data, 1); smp_store_release(&flag, 1);",
    "while (!smp_load_acquire(&flag)) cpu_relax(); r0 = READ_ONCE(data);",
)


def seen(threads):
    """Return the values of `data` that the reader may see after it has seen the flag."""
    return {dict(outcome)["r0"] for outcome in explore(parse(*threads), Weak)}


def show(values):
    return " ".join(map(str, sorted(values))) or "-"


listings = {name: (WRITER.format(ours), READER.format(theirs)) for name, (ours, theirs) in VARIANTS.items()}
listings["release and acquire"] = RELEASE_ACQUIRE
print(f"writer: {' '.join(WRITER.format('...').split())}\nreader: {READER.format('...')}")
print(f"{'barriers':22} {'possible data':14} forbidden")
for name, threads in listings.items():
    print(f"{name:22} {show(seen(threads)):14} {show(seen(listings['none']) - seen(threads))}")

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
