"""A service hangs: it waits for an answer while it holds the lock that the answering thread needs.

    lockdep run --listen examples/waiting/02_hung_service.py

A process that runs with --listen can be asked at any time, from another terminal, with `lockdep who PID`.
This program asks itself: the answer shows which thread holds the lock, what that one waits for, since
when, and who waits for the lock. It is no finding: the main thread runs, and could still set the event.
The exit status is 0. The correction is to wait without the lock.
"""

import os
import subprocess
import sys
import threading
import time

state = threading.Lock()
asked = threading.Event()
answered = threading.Event()


def serve():
    with state:
        asked.set()
        answered.wait()


def answer():
    asked.wait()
    with state:
        answered.set()


threads = [threading.Thread(target=work, name=work.__name__, daemon=True) for work in (serve, answer)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join(3)
time.sleep(0.1)
print("still running:", [thread.name for thread in threads if thread.is_alive()], flush=True)
subprocess.run([sys.executable, "-m", "lockdep", "who", str(os.getpid())], check=True)
