"""The corrected version of examples/waiting/02_hung_service.py: it waits without the lock."""

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
