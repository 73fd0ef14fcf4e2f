"""What the rules of evidence do not know: false alarms and misses that docs/limitations.md names, each with a twin."""

import subprocess
from pathlib import Path

import pytest

from tests.worlds import program

UNITS = """
import threading
units, lock = threading.Semaphore(1), threading.Lock()

def forwards():
    {take}
    with lock: pass
    {give}

def backwards():
    with lock:
        {take}
        {give}

for work in (forwards, backwards):
    thread = threading.Thread(target=work); thread.start(); thread.join()
"""
BUFFER = """
import threading
free, filled, lock = threading.Semaphore(2), threading.Semaphore(0), threading.Lock()

def produce():
    for _ in range(4):
        free.acquire()
        with lock: pass
        filled.release()

def consume():
    for _ in range(4):
        filled.acquire()
        with lock:
            free.release()

threads = [threading.Thread(target=work) for work in (produce, consume)]
for thread in threads: thread.start()
for thread in threads: thread.join()
with lock: free.acquire()
"""


def errors(folder: Path, source: str) -> str:
    done: subprocess.CompletedProcess[str] = program(folder, source)
    return done.stderr.rpartition("lockdep (")[2]


@pytest.mark.xfail(reason="a unit that acquire() takes may be given back by any thread", strict=True)
def test_units_that_are_taken_by_acquire(tmp_path: Path) -> None:
    assert "1 error" in errors(tmp_path, UNITS.format(take="units.acquire()", give="units.release()"))


def test_units_that_are_taken_by_with(tmp_path: Path) -> None:
    assert "1 error" in errors(
        tmp_path, UNITS.format(take="units.__enter__()", give="units.__exit__(None, None, None)")
    )


def test_units_that_another_thread_gives_back(tmp_path: Path) -> None:
    assert "0 errors" in errors(tmp_path, BUFFER)
