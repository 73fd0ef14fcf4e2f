"""Programs whose threads wait for each other, run in a process of their own."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.worlds import program

PRELUDE = """
import threading
from concurrent.futures import ThreadPoolExecutor

ended = []

def guarded(work):
    def run():
        try:
            work()
        except Exception as error:
            ended.append(type(error).__name__)
        else:
            ended.append("well")
    run.__qualname__ = work.__qualname__
    return run

def started(*works):
    threads = [threading.Thread(target=guarded(work), name=work.__name__, daemon=True) for work in works]
    for thread in threads:
        thread.start()
    return threads

def run(*works):
    for thread in started(*works):
        thread.join()
    print(sorted(ended))

"""

DEADLOCK = "BUG: circular locking deadlock detected!"


def play(folder: Path, scene: str, pure: str = "0", **options: str) -> subprocess.CompletedProcess[str]:
    """Run a scene on one of the builds, with these options."""
    words = " ".join(f"{name}={value}" for name, value in options.items())
    return program(folder, PRELUDE + scene, LOCKDEP_PURE=pure, LOCKDEP_OPTIONS=words)


def reports(stderr: str) -> int:
    """Return how many deadlocks were reported."""
    return stderr.count("BUG: ")
