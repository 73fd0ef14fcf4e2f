"""Two transfers take two locks in both orders, and here they do meet: a real deadlock.

    lockdep run --on-deadlock raise examples/waiting/01_deadlock.py

lockdep reports "circular locking deadlock detected!": what each thread holds, what it waits for, and
where it stands. With `--on-deadlock raise` one of the two gets a DeadlockError instead of its lock, its
`with` blocks release what it holds, and the other one goes on. Without it both would wait for ever.
The exit status is 66. The correction is to take the locks in the same order everywhere.
"""

import threading
import time

alice = threading.Lock()
bob = threading.Lock()
about_to = []
done = []


def transfer(name, source, target):
    with source:
        about_to.append(name)
        while len(about_to) < 2:  # the other one has its first lock by then
            time.sleep(0.01)
        with target:
            done.append(name)


threads = [
    threading.Thread(target=transfer, name="to bob", args=("to bob", alice, bob)),
    threading.Thread(target=transfer, name="to alice", args=("to alice", bob, alice)),
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(done), "of 2 transfers done")
