"""Replaced methods of Thread and Future: they look like the original methods, and uninstall removes them."""

from pathlib import Path

import pytest

from tests.patch.test_patch import BUILDS, run
from tests.worlds import program

LOOKS = """
import copy, inspect, pickle, threading, unittest.mock
from concurrent.futures import Future, ThreadPoolExecutor, thread, wait

class Picklable(threading.Thread):
    def __reduce__(self):
        return Picklable, ()
    def __eq__(self, other):
        return type(other) is Picklable
    __hash__ = threading.Thread.__hash__

class Old(threading.Thread):
    def __init__(self):
        threading.Thread.__init__(self, name="old", daemon=True)

def outcome(function, *args):
    try:
        return str(function(*args))
    except Exception as error:
        return f"{type(error).__name__}: {error}".replace("_thread.", "").replace("RLock", "Lock").lower()

def looks():
    for owner, name in [
        (threading.Thread, "__init__"), (threading.Thread, "join"), (Future, "result"), (Future, "exception"),
        (Future, "done"), (Future, "add_done_callback"), (thread._WorkItem, "run"),
    ]:
        method = getattr(owner, name)
        yield name, method.__name__, method.__qualname__, method.__module__, method.__doc__
        yield str(inspect.signature(method)), str(inspect.signature(owner)), inspect.isfunction(method)
        yield inspect.getsource(method), callable(method), pickle.loads(pickle.dumps(method)).__qualname__
        yield copy.copy(method) == method, copy.deepcopy(method) == method
    plain = threading.Thread()
    yield str(inspect.signature(plain.join)), inspect.ismethod(plain.join), plain.join == plain.join
    yield plain.join.__self__ is plain, hash(plain.join) == hash(plain.join), copy.copy(plain.join) == plain.join
    yield outcome(plain.join), outcome(plain.join, 1, 2), outcome(Future().result, 0), outcome(threading.Thread, 1)
    yield [outcome(*action) for action in ((pickle.dumps, plain.join), (copy.deepcopy, Future()))]
    yield pickle.loads(pickle.dumps(Picklable().join)).__self__ == Picklable()
    yield copy.deepcopy(Picklable().join).__self__ == Picklable()
    old = Old()
    old.start()
    threading.Thread.join(old)
    yield old.name, old.daemon, old.is_alive()
    with unittest.mock.patch.object(threading.Thread, "join", autospec=True) as mocked:
        old.join(3)
        yield mocked.call_args.args[1:], str(inspect.signature(threading.Thread.join))
    spec = unittest.mock.create_autospec(threading.Thread, instance=True)
    spec.join(timeout=1)
    yield outcome(spec.join, 1, 2, 3)
    with ThreadPoolExecutor(1) as pool:
        pair = wait([pool.submit(int)])
        yield type(pair).__name__, pair.not_done, pair == type(pair)(*pair), pair._replace(done=1)
"""


@BUILDS
def test_replaced_methods_look_like_the_originals(tmp_path: Path, pure: str) -> None:
    assert run(tmp_path, LOOKS + """
import lockdep
before = list(looks())
plain = threading.Thread.join
lockdep.install()
assert threading.Thread.join is not plain
after = list(looks())
for old, new in zip(before, after, strict=True):
    if old != new:
        print(old, new)
lockdep.uninstall()
print(list(looks()) == before)
""", pure) == ["True"]  # fmt: skip


@pytest.mark.parametrize("first", ["lockdep", "lockdep.pytest_plugin", "lockdep.threading", "lockdep.patch.doctor"])
def test_a_thread_brings_no_module_that_the_program_has_not_imported(tmp_path: Path, first: str) -> None:
    assert run(tmp_path, f"""
import sys, threading, {first}
plain = vars(threading.Thread)["__init__"]
import lockdep
lockdep.install()
before = set(sys.modules)
thread = threading.Thread(target=print, args=("runs",))
thread.start()
thread.join()
print([name for name in set(sys.modules) - before if not name.startswith("lockdep.")])
lockdep.uninstall()
print(vars(threading.Thread)["__init__"] is plain)
""") == ["runs", "[]", "True"]  # fmt: skip


def test_join_of_the_first_thread_is_reported(tmp_path: Path) -> None:
    done = program(tmp_path, """
import threading
lock = threading.Lock()
def work():
    with lock: pass
thread = threading.Thread(target=work)
thread.start()
while thread.is_alive(): pass
with lock:
    thread.join()
""")  # fmt: skip
    assert done.returncode == 66
    assert "thread:prog.py:6" in done.stderr


def test_local_copies_of_wait_and_as_completed_are_followed(tmp_path: Path) -> None:
    done = program(tmp_path, """
import threading
def main():
    from concurrent.futures import ThreadPoolExecutor, as_completed, wait
    lock = threading.Lock()
    def work():
        with lock: pass
    with ThreadPoolExecutor(2) as pool:
        for future in as_completed([pool.submit(work), pool.submit(work)]):
            with lock:
                future.result()
        for future in wait([pool.submit(work), pool.submit(work)]).done:
            with lock:
                future.result()
        futures = [pool.submit(work)]
        while futures[0]._state != "FINISHED": pass
        with lock:
            futures[0].result()
main()
""")  # fmt: skip
    assert done.stderr.count("ERROR: ") == 1, done.stderr
    assert "> prog.py:18  main " in done.stderr


def test_a_thread_is_named_by_the_place_that_makes_it(tmp_path: Path) -> None:
    assert run(tmp_path, """
import threading, lockdep
lockdep.install()
class Mine(threading.Thread):
    def __init__(self):
        super().__init__()
print(threading.Thread()._started._cond._lock.entry.lock_class.name)
print([Mine() for _ in range(2)][1]._started._cond._lock.entry.lock_class.name)
for kind in (threading.Thread, threading.Thread, Mine):
    thread = kind(target=print, args=("ran",)) if kind is not Mine else kind()
    thread.start()
    thread.join()
    print(thread._lockdep_run.place())
""") == [
        "threading.Thread made at prog.py:7", "threading.Thread made at prog.py:6",
        "ran", "thread:prog.py:10", "ran", "thread:prog.py:10", "thread:prog.py:6",
    ]  # fmt: skip


def test_uninstall_leaves_the_patches_of_others_alone(tmp_path: Path) -> None:
    """Our wrapper stays under theirs and does nothing, even after lockdep has been installed again on top."""
    assert run(tmp_path, """
import threading, lockdep
lockdep.install()
threading.Thread()
ours = vars(threading.Thread)["join"]
def theirs(self, timeout=None):
    ours.__get__(self, type(self))(timeout)
threading.Thread.join = theirs
lockdep.uninstall()
print(vars(threading.Thread)["join"] is theirs)

def joins():
    lock = threading.Lock()
    def work():
        with lock: pass
    thread = threading.Thread(target=work)
    thread.start()
    while thread.is_alive(): pass
    with lock:
        thread.join()
    return [found.count for found in lockdep.findings()]

print(joins())
for _ in range(2):
    with lockdep.installed():
        print(joins(), vars(threading.Thread)["join"] is theirs)
print(vars(threading.Thread)["join"] is theirs)
""") == ["True", "[]", "[1] False", "[1] False", "True"]  # fmt: skip


def test_uninstall_leaves_a_patch_from_before_the_first_thread_alone(tmp_path: Path) -> None:
    assert run(tmp_path, """
import threading, lockdep
lockdep.install()
stand_in = threading.Thread.__init__
def theirs(self, *args, **kwargs):
    stand_in(self, *args, **kwargs)
threading.Thread.__init__ = theirs
print([threading.Thread()._lockdep_made.function for _ in range(2)])
lockdep.uninstall()
print(vars(threading.Thread)["__init__"] is theirs, hasattr(threading.Thread(), "_lockdep_made"))
""") == ["['theirs', 'theirs']", "True False"]  # fmt: skip


def test_hooks_for_later_imports_do_not_pile_up(tmp_path: Path) -> None:
    assert run(tmp_path, """
import sys, lockdep
before = len(sys.meta_path)
for _ in range(3):
    with lockdep.installed():
        pass
print(len(sys.meta_path) - before)
from concurrent.futures import thread
plain = vars(thread._WorkItem)["run"]
for _ in range(2):
    with lockdep.installed():
        print(vars(thread._WorkItem)["run"].__wrapped__ is plain)
print(vars(thread._WorkItem)["run"] is plain)
""") == ["0", "True", "True", "True"]  # fmt: skip


def test_futures_that_are_imported_after_the_first_thread_are_followed(tmp_path: Path) -> None:
    done = program(tmp_path, """
import threading, time
threading.Thread()
from concurrent.futures import ThreadPoolExecutor
lock = threading.Lock()
def work():
    with lock: pass
with ThreadPoolExecutor(1) as pool:
    future = pool.submit(work)
    while future._state != "FINISHED": pass
    time.sleep(0.2)  # what follows the result is noted by its thread
    with lock:
        future.result()
""")  # fmt: skip
    assert done.returncode == 66
    assert "work item work" in done.stderr
