"""A clock under a seqlock: readers write nothing, never delay the writer, and read again if a write disturbed them.

    python examples/primitives/03_seqlock_clock.py

The clock is a pair (seconds, nanoseconds). Each tick adds one second and one nanosecond, so the two numbers are equal
unless a reader has one of them from before a tick and the other from after it: a torn pair. First, a tick comes in the
middle of each of ten reads. Without the seqlock this gives ten torn pairs; with it, none, and ten reads that were
repeated. Then two readers read while a writer ticks without a pause: no pair is torn, and time never goes back.
"""

import threading

from primitives import Atomic, Completion, SeqLock

seconds = nanoseconds = 0
clock, halfway, ticked = SeqLock("clock"), Completion(), Completion()


def tick():
    global seconds, nanoseconds
    with clock:  # writers exclude each other; a reader that begins here sees an odd number and waits
        seconds += 1
        nanoseconds += 1


def read_carelessly(between):
    first = seconds
    between()
    return first, nanoseconds


def read(between=lambda: None):
    """Return a consistent pair, and how many times it was read."""
    passes = 0
    for _ in clock.reading():
        passes += 1
        first = seconds
        if passes == 1:
            between()
        second = nanoseconds  # the body only copies: the values may be inconsistent
    return (first, second), passes


def be_overtaken():
    halfway.complete()
    ticked.wait_for_completion()


def tick_when_asked():
    for _ in range(20):
        halfway.wait_for_completion()
        tick()
        ticked.complete()


def read_on():
    pair = (0, 0)
    while not stopped.read():
        last, (pair, _) = pair, read()
        torn.add(pair[0] != pair[1])
        backwards.add(pair < last)


writer = threading.Thread(target=tick_when_asked)
writer.start()
pairs = [read_carelessly(be_overtaken) for _ in range(10)]
print(f"no seqlock, 10 reads: {sum(one != other for one, other in pairs)} torn pairs")
pairs, passes = zip(*[read(be_overtaken) for _ in range(10)], strict=True)
print(f"seqlock, 10 reads: {sum(one != other for one, other in pairs)} torn pairs, {sum(passes) - 10} retries")

torn, backwards, stopped = Atomic(), Atomic(), Atomic()
readers = [threading.Thread(target=read_on) for _ in range(2)]
for reader in readers:
    reader.start()
for _ in range(10_000):
    tick()
stopped.set(1)
for thread in (writer, *readers):
    thread.join()
print(f"beside 10000 ticks: {torn.read()} torn pairs, back in time {backwards.read()} times, at the end {read()[0]}")
