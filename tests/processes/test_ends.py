"""Ends that the interpreter has no part in: everything is written, and the process ends as it would without lockdep."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lockdep import fastpath
from lockdep.snapshots.snapshot import Snapshot
from tests.patience import PROGRAM_LIMIT
from tests.processes.runs import ABBA, run
from tests.sourcetree import ROOT
from tests.worlds import PLAIN, program

pytestmark = [pytest.mark.ends, pytest.mark.any_build]

BUILDS = pytest.mark.parametrize(
    "pure", ["0", pytest.param("1", marks=pytest.mark.pure_build)], ids=["default", "pure"]
)
WORK = pytest.mark.parametrize("work", ["abba", "abab"])

# What the program does after its work, and its exit status.
ENDS = {
    "SIGTERM": ("os.kill(os.getpid(), signal.SIGTERM); time.sleep(100)", -signal.SIGTERM),
    "SIGHUP": ("os.kill(os.getpid(), signal.SIGHUP); time.sleep(100)", -signal.SIGHUP),
    "SIGINT": ("os.kill(os.getpid(), signal.SIGINT); time.sleep(100)", -signal.SIGINT),
    "SIGINT by default": (
        "signal.signal(signal.SIGINT, signal.SIG_DFL); os.kill(os.getpid(), signal.SIGINT); time.sleep(100)",
        -signal.SIGINT,
    ),
    "SIGTERM while a lock is waited for": (
        "threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM)).start(); l = threading.Lock(); l.acquire();"
        " l.acquire(timeout=100)",
        -signal.SIGTERM,
    ),
    "_exit": ("os._exit(7)", 7),
    "_exit with zero": ("os._exit(0)", 0),
    "_exit in a thread": ("threading.Thread(target=os._exit, args=(7,)).start(); time.sleep(100)", 7),
    "exit in a thread": ("t = threading.Thread(target=sys.exit, args=(7,)); t.start(); t.join()", 0),
    "own handler": (
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(5)); os.kill(os.getpid(), signal.SIGTERM); time.sleep(100)",
        5,
    ),
    "ignored": (
        "signal.signal(signal.SIGTERM, signal.SIG_IGN); os.kill(os.getpid(), signal.SIGTERM); sys.exit(6)",
        6,
    ),
}
HEAD = f"import os, signal, sys, threading, time\n{ABBA}"


@BUILDS
@WORK
@pytest.mark.parametrize("end", ENDS)
def test_everything_is_written_at_the_end(tmp_path: Path, end: str, work: str, pure: str) -> None:
    last, status = ENDS[end]
    files = ("--snapshot", str(tmp_path / "s.json"), "--trace", str(tmp_path / "t.json"), "--stat")
    done = run(tmp_path, f"{HEAD}\n{work}()\n{last}\n", *files, LOCKDEP_PURE=pure)

    found = int(work == "abba")
    assert done.summary == (found, 0, 1), done.stderr
    assert (done.reports, len(done.findings)) == (found, found)
    assert done.status == (66 if found and status == 0 else status)
    assert len(Snapshot.load(tmp_path / "s.json").findings) == found
    assert json.loads((tmp_path / "t.json").read_text())
    assert "waited longest" in done.stderr
    assert done.left == []


@BUILDS
@WORK
@pytest.mark.parametrize("end", [end for end in ENDS if end != "SIGINT"])
def test_a_child_may_end_so_too(tmp_path: Path, end: str, work: str, pure: str) -> None:
    last, status = ENDS[end]
    source = f"""{HEAD}
pid = os.fork()
if pid == 0:
    {work}()
    {last}
    os._exit(0)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
    done = run(tmp_path, source, LOCKDEP_PURE=pure)

    assert done.stdout == f"{status}\n"
    found = int(work == "abba")
    assert done.summary[0] == found, done.stderr
    assert (done.reports, len(done.findings), done.status) == (found, found, 66 * found)
    assert done.left == []


HANDLERS = """
import _thread, signal, sys
def show():
    print([str(signal.getsignal(n)) for n in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)])
show()
def mine(*_): pass
print(signal.signal(signal.SIGTERM, mine), signal.getsignal(signal.SIGTERM) is mine)
print(signal.signal(signal.SIGTERM, signal.SIG_DFL) is mine, signal.signal(signal.SIGTERM, signal.SIG_IGN))
print(signal.signal(signal.SIGTERM, signal.SIG_DFL))
show()
def arrive(number):
    try:
        return _thread.interrupt_main(number)
    except Exception as error:
        return repr(error)
signal.signal(signal.SIGINT, signal.SIG_DFL)
print([arrive(number) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGUSR1, 9999, "x")])
_thread.interrupt_main()
signal.signal(signal.SIGTERM, lambda number, _: print("mine", number))
print(arrive(signal.SIGTERM))
"""


@BUILDS
def test_the_program_does_not_see_the_handler(tmp_path: Path, pure: str) -> None:
    plain = program(tmp_path, HANDLERS, command=PLAIN)

    assert run(tmp_path, HANDLERS, LOCKDEP_PURE=pure).stdout == plain.stdout


EXEC = """
import os, sys
if len(sys.argv) == 1:
    WORK()
    try:
        os.execv("/nowhere/program", ["program"])
    except OSError:
        pass
    os.execv("/bin/sh", ["sh", "-c", "exit 3"])
"""


@BUILDS
@WORK
def test_a_program_that_becomes_another_one(tmp_path: Path, work: str, pure: str) -> None:
    done = run(tmp_path, ABBA + EXEC.replace("WORK", work), LOCKDEP_PURE=pure)

    found = int(work == "abba")
    assert done.summary == (found, 0, 1), done.stderr
    assert (done.status, len(done.findings), done.left) == (3, found, [])


# -- Children that are killed, and others that are hard to hear from

KILLED = """
import multiprocessing, random, signal, sys, time, os
def work():
    abba()
    print("found", flush=True)
    while True:
        exec(compile("import threading\\n" * random.randrange(50) + "a = threading.Lock()\\nb = threading.Lock()\\n"
                     "with a:\\n  with b: pass", f"part{random.random()}.py", "exec"))
if __name__ == "__main__":
    generator = random.Random(SEED)
    for method in ("fork", "spawn") * 3:
        child = multiprocessing.get_context(method).Process(target=work)
        child.start()
        time.sleep(generator.uniform(0, 1.2))  # the moment is what is tried: nothing waits for it
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        assert child.exitcode == -signal.SIGKILL
"""


@BUILDS
def test_children_killed_at_any_moment_leave_what_can_be_merged(tmp_path: Path, pure: str) -> None:
    seed = random.randrange(1 << 30)
    source = ABBA + KILLED.replace("SEED", str(seed))
    done = run(tmp_path, source, "--run-directory", str(tmp_path / "parts"), LOCKDEP_PURE=pure)

    assert done.status in (0, 66), (seed, done.stderr)
    assert "failed" not in done.stderr
    for part in (tmp_path / "parts").glob("*.json"):
        Snapshot.load(part)
    assert not list((tmp_path / "parts").glob(".*.tmp"))
    combined = subprocess.run(
        [sys.executable, "-m", "lockdep", "combine", str(tmp_path / "parts")],
        capture_output=True, text=True, timeout=PROGRAM_LIMIT, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert combined.returncode == done.status, combined.stderr


IDLE = """
import os, signal, time
pid = os.fork()
if pid == 0:
    abba()
    while True:
        signal.pause()
written = lambda: [name for folder in os.listdir(os.environ["TMPDIR"]) if "run" in folder
                   for name in os.listdir(os.path.join(os.environ["TMPDIR"], folder)) if name.endswith(".json")]
while not written():
    time.sleep(0.01)
os.kill(pid, signal.SIGKILL)
os.waitpid(pid, 0)
"""


@BUILDS
def test_what_an_idle_child_has_seen_is_written_soon(tmp_path: Path, pure: str) -> None:
    run(tmp_path, ABBA + IDLE, LOCKDEP_PURE=pure).assert_one_finding()


HARD = {
    "another directory": "os.chdir('/')",
    "no descriptors": "os.closerange(3, 1000)",
    "no output": "os.close(1); os.close(2)",
    "no files of its own": "os.setsid(); os.umask(0o777)",
    "an empty environment": "os.environ.clear()",
    "another user": "os.setgid(65534); os.setuid(65534)",
}


@BUILDS
@WORK
@pytest.mark.parametrize("hard", HARD)
def test_children_that_change_what_they_have(tmp_path: Path, hard: str, work: str, pure: str) -> None:
    if hard == "another user" and os.geteuid() != 0:
        pytest.skip("only the superuser can become another one")
    for folder in (tmp_path, *tmp_path.parents[:-2]):
        folder.chmod(0o755)
    source = f"import os\n{ABBA}\nif not os.fork():\n    {HARD[hard]}\n    {work}()\n    os._exit(0)\nos.wait()\n"
    done = run(tmp_path, source, LOCKDEP_PURE=pure)

    if work == "abba":
        done.assert_one_finding()
    else:
        done.assert_silent()


OUTLIVES = """
import os, signal, sys, time
reading, writing = os.pipe()
if not os.fork():
    os.setsid()
    abba()
    os.write(writing, b"x")
    while os.getppid() == int(sys.argv[1] if len(sys.argv) > 1 else PARENT):
        time.sleep(0.01)
    time.sleep(0.1)
    abab()
    os._exit(0)
os.read(reading, 1)
"""


@BUILDS
def test_a_child_that_outlives_the_run_leaves_nothing(tmp_path: Path, pure: str) -> None:
    source = "import os\nPARENT = os.getpid()\n" + ABBA + OUTLIVES
    done = run(tmp_path, source, LOCKDEP_PURE=pure)  # which waits for the end of the child: it has our pipes

    assert done.left == []
    assert done.reports == 1


AGAIN = """
import _thread, os, signal, threading
pid = os.fork()
if pid == 0:
    def no_thread(*_): raise RuntimeError
    _thread.start_new_thread = no_thread  # so that the main thread writes
    abba()
    stat = os.stat
    def once(*args, **named):  # the part is being written
        os.stat = stat
        os.kill(os.getpid(), signal.SIGTERM)
        return stat(*args, **named)
    os.stat = once
    END
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


@BUILDS
@pytest.mark.parametrize("end", ["os._exit(0)", "os.kill(os.getpid(), signal.SIGHUP)", "raise SystemExit(0)"])
def test_a_signal_that_comes_while_the_end_is_written_waits(tmp_path: Path, end: str, pure: str) -> None:
    done = run(tmp_path, ABBA + AGAIN.replace("END", end), LOCKDEP_PURE=pure)

    assert done.stdout == f"{-signal.SIGTERM}\n"
    done.assert_one_finding()


TERMINATED = """
import os, signal, time
survived = 0
for _ in range(40):
    pid = os.fork()
    if pid == 0:
        time.sleep(1)
        os._exit(0)
    os.kill(pid, signal.SIGTERM)
    survived += os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != -signal.SIGTERM
print(survived, signal.pthread_sigmask(signal.SIG_BLOCK, ()))
"""


def test_a_signal_right_after_a_fork_ends_the_child(tmp_path: Path) -> None:
    assert run(tmp_path, TERMINATED).stdout == "0 set()\n"


MISSED = """
import _thread, os, signal, sys, threading
ready = []

def end_it():
    while not ready:
        pass
    os.kill(os.getpid(), signal.SIGTERM)

def spin():
    while True:
        pass

for work in (end_it, spin, spin):
    threading.Thread(target=work, daemon=True).start()
raw = _thread.allocate_lock()
raw.acquire()
sys.setswitchinterval(1e-4)
ready.append(True)
raw.acquire()  # another thread has the GIL now, and ends this process
"""


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="docs/limitations.md: signals come again on Linux only"
)
@pytest.mark.skipif(fastpath.BUILD == "pure", reason="docs/limitations.md: in the pure build the signal is missed")
def test_a_signal_that_comes_as_the_main_thread_begins_to_wait_is_not_missed(tmp_path: Path) -> None:
    for _ in range(15):
        done = run(tmp_path, MISSED)

        assert (done.status, done.summary) == (-signal.SIGTERM, (0, 0, 1)), done.stderr


TWICE = """
os.kill(os.getpid(), signal.SIGTERM)
os.kill(os.getpid(), signal.SIGTERM)
time.sleep(100)
"""
TWINS = """
import _thread, ctypes
def send():
    for _ in range(2):
        ctypes.CDLL(None).kill(os.getpid(), signal.SIGTERM)  # both, before the main thread can look
        time.sleep(0.001)
_thread.start_new_thread(send, ())
time.sleep(100)
"""


@BUILDS
@pytest.mark.parametrize("twice", [TWICE, TWINS], ids=["at once", "one after the other"])
def test_a_signal_that_is_sent_twice_loses_nothing(tmp_path: Path, twice: str, pure: str) -> None:
    done = run(tmp_path, f"{HEAD}\nabba()\n{twice}", LOCKDEP_PURE=pure)

    assert (done.status, done.summary) == (-signal.SIGTERM, (1, 0, 1))


IMPATIENT = """
import _thread
from lockdep.processes import endings
endings._Ending.conclude = lambda _: time.sleep(100)
def send():
    for _ in range(2):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(1)
_thread.start_new_thread(send, ())
time.sleep(100)
"""


@BUILDS
def test_a_second_signal_ends_a_process_that_cannot_end(tmp_path: Path, pure: str) -> None:
    done = run(tmp_path, f"{HEAD}\nabba()\n{IMPATIENT}", LOCKDEP_PURE=pure)

    assert done.status == -signal.SIGTERM


LOSES = """
import _thread, os, signal, threading
pid = os.fork()
if pid == 0:
    def no_thread(*_): raise RuntimeError
    _thread.start_new_thread = no_thread  # so that nothing is written before the end
    WORK()
    os.kill(os.getpid(), signal.SIGNAL)
os.waitpid(pid, 0)
print(pid)
"""


@pytest.mark.parametrize("work", ["abba", "int"])
@pytest.mark.parametrize("number", ["SIGKILL", "SIGTERM"])
def test_the_summary_names_a_child_only_if_what_it_saw_is_lost(tmp_path: Path, number: str, work: str) -> None:
    done = run(tmp_path, ABBA + LOSES.replace("WORK", work).replace("SIGNAL", number))

    lost = number == "SIGKILL" and work == "abba"
    assert (f"; lost: what {done.stdout.strip()} saw last" in done.stderr) == lost, done.stderr
    assert ("lost" in done.stderr) == lost
    assert done.summary[0] == (work == "abba" and not lost)


POOL = """
import multiprocessing
if __name__ == "__main__":
    for _ in range(5):
        with multiprocessing.get_context("fork").Pool(2) as pool:
            print(*pool.map(abs, [-1, 2, -3]))
"""


def test_workers_that_a_pool_ends_have_lost_nothing(tmp_path: Path) -> None:
    done = run(tmp_path, POOL)

    assert done.stdout == "1 2 3\n" * 5
    assert (done.status, "lost" in done.stderr) == (0, False), done.stderr
