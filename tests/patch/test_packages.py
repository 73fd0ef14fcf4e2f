"""Packages that look closely at the locks of threading: trio at their types, dill and cloudpickle at all of them."""

import importlib.util
from pathlib import Path

import pytest

from tests.worlds import PLAIN, program

pytestmark = pytest.mark.any_build
BUILDS = pytest.mark.parametrize("pure", ["0", "1"], ids=["built", "pure"])


def needs(*packages: str) -> pytest.MarkDecorator:
    missing = [package for package in packages if importlib.util.find_spec(package) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


TRIO = """
import threading, trio
first, second = threading.Lock(), threading.Lock()

def work(outer, inner):
    with outer, inner:
        return threading.current_thread() is not threading.main_thread()

async def main():
    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(trio.to_thread.run_sync, work, first, second)
    return await trio.to_thread.run_sync(work, ORDER)

print(trio.run(main), trio.from_thread.run_sync is not None)
"""


@needs("trio")
@BUILDS
@pytest.mark.parametrize(("order", "status"), [("first, second", 0), ("second, first", 66)], ids=["sound", "inverted"])
def test_trio_starts_and_its_threads_are_validated(tmp_path: Path, order: str, status: int, pure: str) -> None:
    done = program(tmp_path, TRIO.replace("ORDER", order), LOCKDEP_PURE=pure)

    assert (done.stdout, done.returncode) == ("True True\n", status), done.stderr


PICKLED = """
import cloudpickle, dill, pathlib, pickle, queue, threading

class Account:
    def __init__(self, lock):
        self.lock = lock

def closing(lock):
    def inside():
        with lock:
            return "ran"
    return inside

held = threading.RLock()
held.acquire()

def used():
    # objects with which threads have handed something over, under a lock
    made = {
        "set event": threading.Event(), "notified": threading.Condition(), "used semaphore": threading.Semaphore(2),
        "filled": queue.Queue(), "barrier": threading.Barrier(2), "ended": None,
    }

    def work():
        with threading.Lock(), made["used semaphore"], made["notified"]:
            made["notified"].notify_all()
            made["filled"].put(1)
            made["set event"].set()
        made["barrier"].wait()

    made["ended"] = threading.Thread(target=work)
    made["ended"].start()
    made["set event"].wait()
    made["barrier"].wait()
    made["ended"].join()
    return made

subjects = {
    "lock": threading.Lock(), "held": held, "method": threading.Lock().acquire, "rlock method": held._is_owned,
    "condition": threading.Condition(), "event": threading.Event(), "semaphore": threading.Semaphore(2),
    "queue": queue.Queue(), "thread": threading.Thread(target=print), "made": threading.Lock, "type": type(held),
    "in object": Account(threading.Lock()), "in closure": closing(threading.Lock()), "join": threading.Thread.join,
    **used(),
}
for pickler in (dill, cloudpickle, pickle):
    for name, subject in subjects.items():
        try:
            data = pickler.dumps(subject)
        except Exception as error:
            outcome = repr(error).partition(" at 0x")[0]
        else:
            back = pickler.loads(data)
            outcome = isinstance(back, type(subject)), back is subject
            if pickler is dill:
                pathlib.Path(f"{name}.dill").write_bytes(data)
        print(pickler.__name__, name, outcome)
back = dill.loads(dill.dumps(held))
print(back._is_owned(), back.acquire(False), threading.Thread.join is threading.Thread.join)
back = dill.loads(dill.dumps(subjects["event"]))
print(back.is_set(), back.set(), back.wait(), dill.loads(dill.dumps(subjects["in closure"]))())
"""

LOADED = """
import dill, pathlib, sys, threading
for path in sorted(pathlib.Path().glob("*.dill")):
    try:
        back = dill.loads(path.read_bytes())
    except Exception as error:
        back = error  # a held RLock belongs to a thread of the other process
    print(path.stem, "can be called" if callable(back) else type(back).__name__)
    if path.stem == "event":
        print(back.is_set(), back.set(), back.wait(), "lockdep" in sys.modules)
"""


@needs("cloudpickle", "dill")
@BUILDS
def test_picklers_do_with_the_locks_what_they_do_with_raw_ones(tmp_path: Path, pure: str) -> None:
    """A process without lockdep loads what dill has made of them."""
    plain = [program(tmp_path, source, command=PLAIN) for source in (PICKLED, LOADED)]
    assert [done.returncode for done in plain] == [0, 0], plain
    done = program(tmp_path, PICKLED, LOCKDEP_PURE=pure)

    assert done.stdout.splitlines() == plain[0].stdout.splitlines(), done.stderr
    assert program(tmp_path, LOADED, command=PLAIN).stdout.splitlines() == plain[1].stdout.splitlines()
