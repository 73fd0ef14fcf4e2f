"""Mutex or spinlock: what a waiter that spins costs, and what it gains, measured.

    python examples/primitives/17_mutex_or_spinlock.py

A thread holds a lock for some time while another one waits for it. A waiter that sleeps must be woken, which takes the
same time and CPU however long it has waited. A waiter that spins looks again and again: nobody has to wake it, and it
burns CPU until the lock is free. So spinning wins where the lock is held for less time than it takes to fall asleep and
wake up, and nowhere else. The numbers are those of your machine: "late" is the median time from the release until the
waiter has the lock, "CPU" is what it used. (Here both take a Mutex, the spinning one by trylock: waiters of SpinLock
sleep under the GIL, because spinning would keep the holder from running.)

Whatever the numbers say, one rule decides: who sleeps with the lock held takes a mutex. The last part breaks it, and
lockdep reports "sleeping function called from invalid context"; the mutex beside it is silent.
"""

import threading
import time
from statistics import median

import lockdep
from primitives import Atomic, Mutex, SpinLock, cpu_relax

lockdep.install()  # `lockdep run` has done so; without it time.sleep is not followed


def spin_for(lock):
    while not lock.trylock():
        cpu_relax()


def wait_once(lock, take, held_for):
    """Hold the lock while another thread waits; return how late that one has it, and its CPU time, in us."""
    waits, measured = Atomic(), []

    def wait():
        used = time.thread_time()
        waits.set(1)
        take(lock)
        measured.extend((time.perf_counter(), time.thread_time() - used))
        lock.unlock()

    waiter = threading.Thread(target=wait)
    with lock:
        waiter.start()
        while not waits.read():
            cpu_relax()
        time.sleep(held_for)
        released = time.perf_counter()
    waiter.join()
    return (measured[0] - released) * 1e6, measured[1] * 1e6


print("held for   the waiter   late         CPU")
for held_for in (0, 0.0001, 0.003):
    for name, take in (("sleeps", Mutex.lock), ("spins", spin_for)):
        late, used = map(median, zip(*[wait_once(Mutex(name), take, held_for) for _ in range(15)], strict=True))
        print(f"{held_for * 1e6:4.0f} us    {name:6}       {late:6.1f} us    {used:6.1f} us")

for lock in (SpinLock("held asleep"), Mutex("held asleep, too")):
    before = len(lockdep.findings())
    with lock:
        time.sleep(0.001)
    found = [finding.title for finding in lockdep.findings()[before:]]
    print(f"{type(lock).__name__}, held while asleep: findings {found}")
