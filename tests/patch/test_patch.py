"""Names, copies of names and module-level locks: what install changes and uninstall restores, in separate processes."""

from pathlib import Path

import pytest

from tests.worlds import PLAIN, program

BUILDS = pytest.mark.parametrize("pure", ["0", "1"], ids=["built", "pure"])


def run(folder: Path, source: str, pure: str = "0") -> list[str]:
    done = program(folder, source, command=PLAIN, LOCKDEP_PURE=pure)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@BUILDS
def test_every_name_is_restored(tmp_path: Path, pure: str) -> None:
    assert run(tmp_path, """
import sys, threading, logging, queue, concurrent.futures, concurrent.futures.thread, functools, tempfile, asyncio
from threading import Lock, RLock as Recursive
import lockdep, lockdep.patch, lockdep.patch.threads, lockdep.threading, lockdep.runtime
kept = threading.Lock()

def names():
    owners = [module for name, module in sys.modules.items() if not name.startswith("lockdep")]
    owners += [threading.Thread, concurrent.futures.Future, concurrent.futures.thread._WorkItem, queue.Queue]
    owners += [concurrent.futures.ThreadPoolExecutor, concurrent.futures.Executor]
    return {(repr(owner), name): value for owner in owners for name, value in list(vars(owner).items())}

before = names()
for _ in range(2):
    lockdep.install()
    lockdep.install()
    assert Lock is threading.Lock and isinstance(Lock(), lockdep.threading.Lock)
    assert Recursive is threading.RLock and isinstance(Recursive(), lockdep.threading.RLock)
    assert isinstance(kept, lockdep.threading.Lock)
    lockdep.uninstall()
    lockdep.uninstall()
    after = names()
    skipped = {"__warningregistry__", "before", "after", "_", "skipped"}
    print([key for key in before if key[1] not in skipped and after.get(key, "gone") is not before[key]])
""", pure) == ["[]", "[]"]  # fmt: skip


@BUILDS
def test_module_level_locks_are_adopted_and_exclude_users_of_the_raw_lock(tmp_path: Path, pure: str) -> None:
    (tmp_path / "early.py").write_text(
        "import threading\nlock = threading.Lock()\nother = lock\nrlock = threading.RLock()\nbusy = threading.Lock()\n"
        "busy.acquire()\nraw = (lock, rlock)\ndef locked():\n    return lock.locked()\n"
    )
    assert run(
        tmp_path,
        """
import early, lockdep, lockdep.threading
lockdep.install()
ours, recursive = lockdep.threading.Lock, lockdep.threading.RLock
print(isinstance(early.lock, ours), early.lock is early.other, isinstance(early.rlock, recursive))
print(type(early.busy) is type(early.raw[0]))
with early.lock:
    print(early.raw[0].locked(), early.locked())
early.raw[0].acquire()
print(early.lock.acquire(False), early.lock.acquire(timeout=0.01))
early.raw[0].release()
print(early.lock.entry.lock_class.name, "/", early.rlock.entry.lock_class.name)
with early.rlock, early.rlock:
    print(early.rlock._recursion_count())
with early.rlock, early.lock: pass
with early.lock, early.rlock: pass
ours = early.lock
print([found.slug for found in lockdep.findings()])
lockdep.uninstall()
print(early.lock is early.raw[0], early.rlock is early.raw[1])
with ours:
    print(early.lock.locked())
""",
        pure,
    ) == [
        "True True True",
        "True",
        "True True",
        "False False",
        "early.py:2 lock / early.py:4 rlock",
        "2",
        "['circular']",
        "True True",
        "True",
    ]


@BUILDS
def test_classes_built_on_the_names_use_validated_locks(tmp_path: Path, pure: str) -> None:
    assert run(tmp_path, """
import lockdep, lockdep.threading
lockdep.install()
import concurrent.futures, functools, logging, queue, threading
from threading import Condition, Event, Semaphore, Barrier, Timer, BoundedSemaphore
ours = (lockdep.threading.Lock, lockdep.threading.RLock)
made = [queue.Queue().mutex, queue.PriorityQueue().mutex, Condition()._lock, Event()._cond._lock]
made += [Semaphore()._cond._lock]
made += [BoundedSemaphore()._cond._lock, Barrier(1)._cond._lock, concurrent.futures.Future()._condition._lock]
made += [logging.StreamHandler().lock, Timer(1, print).finished._cond._lock, threading.Thread()._started._cond._lock]
print({isinstance(lock, ours) and lock.entry.lock_class is not None for lock in made})
""", pure) == ["{True}"]  # fmt: skip


@BUILDS
def test_private_names_of_threading_stay_raw(tmp_path: Path, pure: str) -> None:
    assert run(tmp_path, """
import _thread, threading, tempfile
def names():
    limbo = type(threading._active_limbo_lock)
    return threading._allocate_lock, _thread.allocate_lock, tempfile._allocate_lock, limbo
raw, types = names(), [_thread.LockType]   # in a list, where the sweep does not see it
import lockdep
lockdep.install()
print(all(map(lambda before, after: before is after, raw, names())))
condition = threading.Condition()
print(type(_thread.allocate_lock()) is types[0])
""", pure) == ["True", "True"]  # fmt: skip


@BUILDS
def test_lock_that_threading_makes_after_a_fork_is_not_tracked(tmp_path: Path, pure: str) -> None:
    assert run(tmp_path, """
import os, threading, warnings
warnings.simplefilter("ignore")
import lockdep
lockdep.install()
pid = os.fork()
if pid == 0:
    lock = threading._active_limbo_lock
    print(getattr(getattr(lock, "entry", None), "lock_class", None), flush=True)
    thread = threading.Thread(target=print, args=("child thread",), kwargs={"flush": True})
    thread.start()
    thread.join()
    os._exit(0)
print(os.waitpid(pid, 0)[1])
""", pure) == ["None", "child thread", "0"]  # fmt: skip


def test_uninstall_leaves_names_that_others_set_alone(tmp_path: Path) -> None:
    assert run(tmp_path, """
import threading, lockdep
raw = threading.Lock
lockdep.install()
def theirs(): return raw()
threading.Lock = theirs
lockdep.uninstall()
print(threading.Lock is theirs)
""") == ["True"]  # fmt: skip


def test_wrong_option_changes_nothing(tmp_path: Path) -> None:
    assert run(tmp_path, """
import threading, lockdep
raw = threading.Lock
for bad in ({"fail_on": "never"}, {"no_such": 1}, {"max_chains": -1}):
    try:
        lockdep.install(**bad)
    except lockdep.OptionError as error:
        print(len(str(error).splitlines()), threading.Lock is raw)
""") == ["1 True"] * 3  # fmt: skip


def test_installed_uninstalls_at_the_end_of_the_block(tmp_path: Path) -> None:
    assert run(tmp_path, """
import threading, lockdep
raw = [threading.Lock]                       # in a list, where the sweep does not see it
try:
    with lockdep.installed(max_chains=7):
        print(threading.Lock is raw[0])
        1 / 0
except ZeroDivisionError:
    print(threading.Lock is raw[0])
""") == ["False", "True"]  # fmt: skip


@pytest.mark.parametrize("first", ["", "import lockdep.runtime", "import lockdep.patch, lockdep.cli"])
def test_public_names_are_not_hidden_by_modules(tmp_path: Path, first: str) -> None:
    assert run(tmp_path, f"""
{first}
import lockdep
import types
lockdep.install()
print([name for name in lockdep.__all__ if isinstance(getattr(lockdep, name), types.ModuleType)], lockdep.findings())
""") == ["[] ()"]  # fmt: skip


def test_drop_in_locks_need_no_install(tmp_path: Path) -> None:
    done = program(tmp_path, """
from lockdep.threading import Lock, RLock
import lockdep, threading, _thread
print(type(threading.Lock()) is _thread.LockType)
a = Lock()
b = RLock()
for first, second in ((a, b), (b, a)):
    with first, second: pass
print(len(lockdep.runtime.findings()))
""", command=PLAIN)  # fmt: skip

    assert done.stdout.splitlines() == ["True", "1"]
    assert "possible circular locking dependency detected" in done.stderr


def test_program_that_closes_its_streams_goes_on(tmp_path: Path) -> None:
    done = program(tmp_path, """
import os, sys, threading
a = threading.Lock()
b = threading.Lock()
sys.stderr.close()
os.close(2)
for first, second in ((a, b), (b, a)):
    with first, second: pass
print("on")
""")  # fmt: skip

    assert (done.stdout, done.returncode) == ("on\n", 66)


@BUILDS
def test_rlock_accepts_the_arguments_that_threading_accepts(tmp_path: Path, pure: str) -> None:
    """Python 2's argument `verbose` is ignored, and deprecated since 3.13."""
    plain, validated = run(tmp_path, """
import threading, warnings, lockdep

def outcomes():
    for arguments, keywords in [((), {}), ((1,), {}), ((True,), {}), ((), {"verbose": 1}), ((1, 2), {"verbose": 1})]:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            with threading.RLock(*arguments, **keywords) as taken:
                yield taken, [(str(w.message), w.category.__name__, w.filename, w.lineno) for w in caught]

before = list(outcomes())
with lockdep.installed():
    print(before)
    print(list(outcomes()))
""", pure)  # fmt: skip
    assert plain == validated
