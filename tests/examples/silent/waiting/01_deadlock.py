"""The corrected version of examples/waiting/01_deadlock.py: both transfers take the locks in the same order."""

import threading

alice = threading.Lock()
bob = threading.Lock()
done = []


def transfer(name, source, target):
    with source:
        with target:
            done.append(name)


threads = [
    threading.Thread(target=transfer, name="to bob", args=("to bob", alice, bob)),
    threading.Thread(target=transfer, name="to alice", args=("to alice", alice, bob)),
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(done), "of 2 transfers done")
