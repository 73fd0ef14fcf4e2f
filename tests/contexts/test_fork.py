"""Locks in the child of a fork: which of them other threads of the parent used, or held, and what makes them usable."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lockdep.fastpath import HAS_GIL
from tests.worlds import PLAIN, program

FRAME = """
import multiprocessing
import os
import threading

lock, other = LOCK, threading.Lock()
ready, end = threading.Event(), threading.Event()


def use():
    with lock:
        pass


def work():
    WORK
    ready.set()
    end.wait()


def hold():
    with lock:
        ready.set()
        end.wait()


def in_child():
    pass


HOOKS
BEFORE
thread = threading.Thread(target=TARGET, name="worker")
thread.start()
ready.wait()
AT_LAST
child = os.fork()
if child == 0:
    IN_CHILD
    os._exit(0)
os.waitpid(child, 0)
end.set()
thread.join()
print("done")
"""
DEFAULTS = {
    "LOCK": "threading.Lock()", "WORK": "use()", "TARGET": "work", "HOOKS": "", "BEFORE": "", "AT_LAST": "",
    "IN_CHILD": "use()",
}  # fmt: skip


def run(folder: Path, **parts: str) -> tuple[int, int]:
    """Run the program with these parts; return its exit status and how many findings of this kind were written."""
    source = FRAME
    for name in sorted(DEFAULTS, key=len, reverse=True):
        source = source.replace(name, parts.get(name, DEFAULTS[name]))
    done = program(folder, source)
    assert done.stdout == "done\n", done.stderr
    count = done.stderr.count("a forked child needs a lock of its parent's threads")
    assert f"{int(count > 0)} error" in done.stderr.splitlines()[-1], done.stderr
    return done.returncode, count


# -- what is found


@pytest.mark.parametrize("kind", ["threading.Lock()", "threading.RLock()", "threading.Condition()"])
def test_a_lock_that_a_thread_of_the_parent_uses_and_the_child_takes_is_found(tmp_path: Path, kind: str) -> None:
    assert run(tmp_path, LOCK=kind) == (66, 1)


@pytest.mark.parametrize("kind", ["Lock()", "RLock()", "Condition()", "Semaphore(1)", "BoundedSemaphore(3)"])
def test_a_lock_of_multiprocessing_is_silent(tmp_path: Path, kind: str) -> None:
    """Whoever holds one in the parent releases it for the child as well."""
    assert run(tmp_path, LOCK=f"multiprocessing.get_context('fork').{kind}", BEFORE="use()") == (0, 0)


def test_it_is_found_too_if_the_forking_thread_used_it_last(tmp_path: Path) -> None:
    assert run(tmp_path, AT_LAST="use()") == (66, 1)


def test_a_hook_that_waits_for_the_lock_is_no_remedy(tmp_path: Path) -> None:
    assert run(tmp_path, HOOKS="os.register_at_fork(after_in_child=use)", IN_CHILD="pass") == (66, 1)


def test_a_lock_that_another_thread_holds_and_the_forking_thread_uses_is_found(tmp_path: Path) -> None:
    assert run(tmp_path, TARGET="hold", BEFORE="use()", IN_CHILD="pass") == (66, 1)


def test_a_child_that_waits_for_a_lock_which_nobody_releases_is_told(tmp_path: Path) -> None:
    source = "print(lock.acquire(timeout=0.2) and None)"
    done = program(tmp_path, full(TARGET="hold", IN_CHILD=f"{source}; os._exit(0)"))
    assert "worker held A at the fork" in done.stderr
    assert "warning, stall: " in done.stderr


def full(**parts: str) -> str:
    source = FRAME
    for name in sorted(DEFAULTS, key=len, reverse=True):
        source = source.replace(name, parts.get(name, DEFAULTS[name]))
    return source


def test_the_report_says_who_held_it_and_where_the_process_was_forked(tmp_path: Path) -> None:
    text = program(tmp_path, full(TARGET="hold", BEFORE="use()", IN_CHILD="pass")).stderr
    assert "worker held A at the fork" in text
    assert "child = os.fork()" in text.partition("another thread forked\n")[2].splitlines()[0]


def test_a_child_of_multiprocessing_is_one_too(tmp_path: Path) -> None:
    source = """
import multiprocessing
import threading

lock, ready, end = threading.Lock(), threading.Event(), threading.Event()


def use():
    with lock:
        pass


def work():
    use()
    ready.set()
    end.wait()


if __name__ == "__main__":
    thread = threading.Thread(target=work)
    thread.start()
    ready.wait()
    process = multiprocessing.get_context("fork").Process(target=use)
    process.start()
    process.join()
    end.set()
    thread.join()
"""
    done = program(tmp_path, source)
    assert done.returncode == 66, done.stderr
    assert done.stderr.count("possible deadlock: a forked child") == 1


# -- what makes a lock usable in the child


RENEW = "lock._at_fork_reinit"
REPLACE = "lambda: globals().update(lock=threading.Lock())"
LOOK = "lambda: lock.locked() and lock.release()"
SANE = {
    "a before hook takes it": "before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release",
    "a before hook takes it, and the child makes it anew": (
        f"before=lock.acquire, after_in_parent=lock.release, after_in_child={RENEW}"
    ),
    "it is made anew": f"after_in_child={RENEW}",
    "it is replaced": f"after_in_child={REPLACE}",
    "it is released if it is locked": f"after_in_child={LOOK}",
}  # fmt: skip


@pytest.mark.parametrize("how", SANE)
def test_a_lock_that_a_hook_makes_usable_is_silent(tmp_path: Path, how: str) -> None:
    assert run(tmp_path, HOOKS=f"os.register_at_fork({SANE[how]})") == (0, 0)


@pytest.mark.parametrize("how", [
    RENEW, LOOK, pytest.param(REPLACE, marks=pytest.mark.xfail(not HAS_GIL, reason="the old lock may still be in use")),
])  # fmt: skip
def test_a_held_lock_that_a_hook_makes_usable_is_silent(tmp_path: Path, how: str) -> None:
    hooks = f"os.register_at_fork(after_in_child={how})"
    assert run(tmp_path, TARGET="hold", BEFORE="use()", HOOKS=hooks) == (0, 0)


def test_a_child_that_looks_at_the_process_id_and_makes_another_lock_is_silent(tmp_path: Path) -> None:
    assert run(tmp_path, IN_CHILD="lock = threading.Lock(); use()") == (0, 0)


# -- what is no danger


@pytest.mark.parametrize(
    "parts",
    [
        {"IN_CHILD": "pass"},  # used, but not needed in the child
        {"TARGET": "hold", "IN_CHILD": "pass"},  # held, but the forking thread has nothing to do with it
        {"WORK": "other.acquire(); other.release()"},  # another lock
        {"WORK": "pass", "AT_LAST": "use()"},  # only the forking thread uses it
        {"IN_CHILD": "lock.acquire(blocking=False) and lock.release()"},
        {"IN_CHILD": "mine = threading.Lock(); mine.acquire(); mine.release()"},
        {"AT_LAST": "end.set(); thread.join()"},  # the thread that used it has ended
    ],
    ids=str,
)
def test_a_lock_that_no_thread_can_take_away_is_silent(tmp_path: Path, parts: dict[str, str]) -> None:
    assert run(tmp_path, **parts) == (0, 0)


def test_a_program_that_subprocess_starts_is_no_child_of_this_kind(tmp_path: Path) -> None:
    start = "import subprocess; subprocess.run(['true'], preexec_fn=in_child)"
    assert run(tmp_path, TARGET="hold", BEFORE="use()", AT_LAST=start, IN_CHILD="lock._at_fork_reinit()") == (66, 1)
    (tmp_path / "other").mkdir()
    source = full(TARGET="hold", BEFORE="use()").replace("child = os.fork()", f"{start}; child = 1; os.waitpid = print")
    done = program(tmp_path / "other", source)
    assert "0 errors" in done.stderr, done.stderr


def test_logging_in_threads_and_in_a_child_is_silent(tmp_path: Path) -> None:
    log = "import logging, sys; logging.basicConfig(stream=sys.stdout, level='DEBUG', format='')"
    use = "logging.info('')"
    source = full(HOOKS=log, WORK=use, AT_LAST=use, IN_CHILD=use)
    done = program(tmp_path, source)
    assert "0 errors" in done.stderr, done.stderr


BOOKS = """
import _thread
import os
import threading
import time
from lockdep import fastpath

lock = threading.Lock()
ready, others = threading.Event(), threading.Event()
read, write = os.pipe()


def take():
    lock.acquire()
    ready.set()
    STAYS


def wait():
    others.set()
    os.read(read, 1)


with lock:
    pass
other = threading.Thread(target=wait)
other.start()
others.wait()
_thread.start_new_thread(take, ())
ready.wait()
MEANWHILE
child = os.fork()
if child == 0:
    os._exit(0)
os.waitpid(child, 0)
os.write(write, b"..")
other.join()
"""
STAYS = "os.read(read, 1)"  # without a look at what others have done with the lock
ENDED = "while not fastpath.ended(): time.sleep(0.01)"


@pytest.mark.parametrize(("stays", "meanwhile", "count"), [
    (STAYS, "pass", 1),  # the twin: the lock is locked in the child only because of the fork
    (STAYS, "lock.release()", 0),
    (STAYS, "lock.release(); lock.acquire(); lock.release()", 0),
    (STAYS, "del lock", 0),
    ("pass", ENDED, 0),  # it is locked in the parent, too, and for ever
])  # fmt: skip
def test_a_lock_that_its_taker_holds_no_more_is_silent(tmp_path: Path, stays: str, meanwhile: str, count: int) -> None:
    done = program(tmp_path, BOOKS.replace("STAYS", stays).replace("MEANWHILE", meanwhile))
    assert done.stderr.count("possible deadlock: a forked child") == count, done.stderr


# -- hooks that the program has registered before lockdep was installed

EARLY = """
import os
import threading

lock = threading.Lock()
os.register_at_fork(HOOKS)
import lockdep
lockdep.install()
"""
TAKEN = "before=lambda: lock.acquire(), after_in_parent=lambda: lock.release(), after_in_child=lambda: lock.release()"


def found_with_early(folder: Path, hooks: str, **parts: str) -> int:
    """Return how many findings there are if these hooks are there when lockdep is installed."""
    done = program(folder, EARLY.replace("HOOKS", hooks) + full(LOCK="lock", **parts), command=PLAIN)
    assert done.stdout == "done\n", done.stderr
    return done.stderr.count("a forked child needs a lock of its parent's threads")


@pytest.mark.parametrize("hooks", [TAKEN, "after_in_child=lambda: lock._at_fork_reinit()"])
def test_a_hook_from_before_the_installation_makes_a_lock_safe(tmp_path: Path, hooks: str) -> None:
    assert found_with_early(tmp_path, hooks, BEFORE="use()") == 0


def test_a_hook_from_before_the_installation_makes_a_lock_anew_that_was_held(tmp_path: Path) -> None:
    assert (
        found_with_early(tmp_path, "after_in_child=lambda: lock._at_fork_reinit()", BEFORE="use()", TARGET="hold") == 0
    )


@pytest.mark.parametrize("hooks", ["before=lambda: None", "after_in_child=lambda: None"])
def test_a_hook_from_before_the_installation_that_does_nothing_is_no_remedy(tmp_path: Path, hooks: str) -> None:
    assert found_with_early(tmp_path, hooks, BEFORE="use()") == 1


def test_logging_that_was_imported_before_the_installation_is_silent(tmp_path: Path) -> None:
    log = "logging.warning('text')"
    source = "import logging\nimport lockdep\nlockdep.install()\n" + full(BEFORE=log, WORK=log, IN_CHILD=log)
    done = program(tmp_path, source, command=PLAIN)
    assert done.stdout == "done\n", done.stderr
    assert done.stderr.count("WARNING:root:text") == 3
    assert "a forked child" not in done.stderr


# -- what programs see of it


def test_uninstall_restores_the_function(tmp_path: Path) -> None:
    source = """
import os
import lockdep

theirs = os.register_at_fork
lockdep.install()
order = []
os.register_at_fork(before=lambda: order.append("before"), after_in_child=lambda: order.append("child"))
try:
    os.register_at_fork()
except TypeError as error:
    print(error)
child = os.fork()
if child == 0:
    print(order, flush=True)
    os._exit(0)
os.waitpid(child, 0)
lockdep.uninstall()
print(os.register_at_fork is theirs)
"""
    done = program(tmp_path, source, command=PLAIN)
    assert done.stdout.splitlines() == [
        "At least one argument is required.", "['before', 'child']", "True",
    ], done.stderr  # fmt: skip


def test_a_child_that_closes_all_files_writes_nothing_into_its_own(tmp_path: Path) -> None:
    child = "os.closerange(3, 99); files = [open(f'f{i}', 'w+') for i in range(20)]; use()"
    assert run(tmp_path, IN_CHILD=child.replace("use()", "[file.fileno() for file in files]")) == (0, 0)
    done = program(tmp_path, full(IN_CHILD=child))
    assert "a forked child" in done.stderr
    assert {path.read_text() for path in tmp_path.glob("f[0-9]*")} == {""}


AT_THE_END = """
import os, sys, threading
lock = threading.Lock()

class Last:
    def __del__(self, fork=os.fork, wait=os.waitpid, write=os.write, refused=RuntimeError, lock=lock):
        try:
            child = fork()
        except refused:  # since Python 3.12
            child = None
        with lock:
            write(1, b"child\\n" if child == 0 else b"parent\\n")
        if child:
            write(1, b"ended %d\\n" % wait(child, 0)[1])

last = Last()
"""


@pytest.mark.parametrize("command", [PLAIN, ()], ids=["plain", "lockdep"])
@pytest.mark.parametrize("pure", ["0", "1"])
def test_a_finalizer_can_fork_while_the_modules_are_emptied(
    tmp_path: Path, pure: str, command: tuple[str, ...]
) -> None:
    done = program(tmp_path, AT_THE_END, command=command, LOCKDEP_PURE=pure)

    forks = sys.version_info < (3, 12)
    assert sorted(done.stdout.split("\n")) == (["", "child", "ended 0", "parent"] if forks else ["", "parent"])
    assert (done.returncode, "ERROR" in done.stderr, "Error" in done.stderr) == (0, False, False), done.stderr
