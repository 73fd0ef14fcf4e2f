"""`lockdep who` asks all processes of a run: real deadlocks between them are told, and what only looks so is not."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.patience import PROGRAM_LIMIT, THREAD_LIMIT
from tests.sourcetree import ROOT

pytestmark = [pytest.mark.scenes, pytest.mark.any_build]

# The parent says what is to be known from outside, one word a line, and ends when its input does.
HEAD = """
import multiprocessing, os, sys, threading, time
context = multiprocessing.get_context("METHOD")
def both(first, second, met, free):
    with first:
        met.wait()
        with second:
            free.wait()
def one_order(first, second, met, free):
    met.wait()
    with first, second:
        free.wait()
def with_a_limit(first, second, met, free):
    with first:
        met.wait()
        second.acquire(timeout=1000)
def through_a_thread(first, second, met, free):
    inner = threading.Lock()
    def wants():
        with inner:
            met.wait()
            with second: pass
    thread = threading.Thread(target=wants, name="wants")
    with first:
        thread.start()
        while not inner.locked(): time.sleep(0.01)
        with inner: pass
def wants_one(lock, free):
    free.wait()
    with lock: pass
    time.sleep(1000)
def wait_for_one(held, wanted, free):
    child = context.Process(target=wants_one, args=(wanted, free))
    child.start()
    print(child.pid, flush=True)
    threading.Thread(target=lambda: sys.stdin.read() or child.kill(), daemon=True).start()
    with held:
        free.set()
        child.join()
def busy(first, second, met, free):
    while True:
        with first, second: pass
def start(*works):
    children = [context.Process(target=work, args=args, daemon=True) for work, args in works]
    for child in children: child.start()
    print(*[child.pid for child in children], flush=True)
    sys.stdin.read()
    for child in children: child.kill()
if __name__ == "__main__":
    a = context.Lock()
    b = context.RLock()
    met, free = context.Barrier(2), context.Event()
"""


@dataclass
class Run:
    """A run that goes on: its first process, the children, and how to ask."""

    process: subprocess.Popen[str]
    folder: Path
    environment: dict[str, str]
    children: list[str]

    def who(self, target: str = "parts") -> tuple[str, str, int]:
        command = [sys.executable, "-m", "lockdep", "who", target]
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=PROGRAM_LIMIT
        )
        return done.stdout, done.stderr, done.returncode

    def who_until(self, wanted: Callable[[str], object], target: str = "parts") -> str:
        """Ask until the answer is as wanted; return it."""
        limit = time.monotonic() + THREAD_LIMIT
        while True:
            shown, said, status = self.who(target)
            if wanted(shown):
                assert (said, status) == ("", 0)
                return shown
            assert time.monotonic() < limit, shown + said

    @property
    def pid(self) -> str:
        return str(self.process.pid)


@contextmanager
def running(folder: Path, source: str, method: str = "fork", *options: str) -> Iterator[Run]:
    """Run a program with processes that listen, until the test is done with it."""
    (folder / "prog.py").write_text(HEAD.replace("METHOD", method) + source)
    kept = {name: value for name, value in os.environ.items() if name != "LOCKDEP_OPTIONS"}
    command = [
        sys.executable,
        "-m",
        "lockdep",
        "run",
        *(options or ("--listen", "--run-directory", "parts")),
        "prog.py",
    ]
    with tempfile.TemporaryDirectory(prefix="t") as sockets, (folder / "said").open("w") as said:
        environment = {**kept, "PYTHONPATH": str(ROOT), "XDG_RUNTIME_DIR": sockets}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        with subprocess.Popen(command, cwd=folder, env=environment, stderr=said, text=True, **pipes) as process:
            try:
                assert process.stdout is not None
                yield Run(process, folder, environment, process.stdout.readline().split())
                process.communicate(timeout=PROGRAM_LIMIT)
            finally:
                process.kill()
        left = [name for _, _, names in os.walk(sockets) for name in names]
    assert left == [], "sockets are left"


def waits(shown: str) -> int:
    """Return how many threads wait for a lock of the program."""
    return len(re.findall(r"waits +prog\.py:\d+ [ab] ", shown))


# The line goes on below where it is longer than 80 columns.
DEADLOCK = re.compile(r"DEADLOCK between processes, [\d.]+ s:\s+(\d+)\s+(\S+)\s+->\s+(\d+)\s+(\S+)\s+->\s+\1\s+\2\n")


@pytest.mark.parametrize(
    "method", ["fork", "spawn", pytest.param("forkserver", marks=pytest.mark.once)]
)  # in each the lock goes to the child in another way
def test_two_processes_that_want_each_others_lock_are_deadlocked(tmp_path: Path, method: str) -> None:
    with running(tmp_path, "    start((both, (a, b, met, free)), (both, (b, a, met, free)))\n", method) as run:
        shown = run.who_until(DEADLOCK.match)
        also = run.who_until(DEADLOCK.match, run.pid)

    for text in (shown, also):
        found = DEADLOCK.match(text)
        assert found is not None
        assert sorted(found.groups()) == sorted([*run.children, "MainThread", "MainThread"])
        assert (text.count(" holds  prog.py:"), waits(text)) == (2, 2), text
        assert f"process {run.pid} (prog.py)\n" in text


SOUND = {
    "one order": "(one_order, (a, b, met, free)), (one_order, (a, b, met, free))",
    "with a limit": "(both, (a, b, met, free)), (with_a_limit, (b, a, met, free))",
}


@pytest.mark.once
@pytest.mark.parametrize("sound", SOUND)
def test_processes_that_go_on_are_not_deadlocked(tmp_path: Path, sound: str) -> None:
    with running(tmp_path, f"    start({SOUND[sound]})\n") as run:
        shown = run.who_until(lambda shown: waits(shown) == (1 if sound == "one order" else 2))
        child = run.who_until(lambda shown: "runs" in shown or "waits" in shown, run.children[0])

    assert "DEADLOCK" not in shown
    assert re.search(r"waits  prog\.py:\d+ a .*, held by \d+ MainThread", shown)
    assert "process" not in child


@pytest.mark.once
def test_a_deadlock_may_go_through_a_thread_of_one_process(tmp_path: Path) -> None:
    with running(
        tmp_path, "    start((through_a_thread, (a, b, met, free)), (both, (b, a, met, free)))\n"
    ) as run:  # fmt: skip
        shown = run.who_until(lambda shown: "DEADLOCK" in shown)

    first = re.sub(r"\n +", " ", shown).splitlines()[0].partition(": ")[2].split(" -> ")
    assert sorted(first[:3]) == sorted(
        [f"{run.children[0]} MainThread", f"{run.children[0]} wants", f"{run.children[1]} MainThread"]
    )


@pytest.mark.once
@pytest.mark.parametrize("wanted", ["a", "b"])
def test_a_process_that_waits_for_the_end_of_one_that_wants_its_lock_is_deadlocked(tmp_path: Path, wanted: str) -> None:
    """It has the lock `a`. A process that wants `b` goes on, and sleeps."""
    with running(tmp_path, f"    wait_for_one(a, {wanted}, free)\n") as run:
        told = "DEADLOCK" if wanted == "a" else "the end of ForkProcess-1"
        shown = run.who_until(lambda shown: told in shown)

    assert bool(DEADLOCK.match(shown)) == (wanted == "a"), shown


@pytest.mark.once
@pytest.mark.parametrize("units", [2, 3])
def test_units_are_deadlocked_once_nobody_who_has_one_goes_on(tmp_path: Path, units: int) -> None:
    """Two processes have a unit and want the lock; the third has the lock and wants a unit, and there may be one."""
    source = f"    units, met = context.Semaphore({units}), context.Barrier(3)\n"
    works = ", ".join(f"(both, ({order}, met, free))" for order in ("units, b", "units, b", "b, units"))
    with running(tmp_path, f"{source}    start({works})\n") as run:
        shown = run.who_until(lambda shown: shown.count(" waits  prog.py:") == (3 if units == 2 else 2))
        shown = run.who_until(lambda shown: "DEADLOCK" in shown) if units == 2 else shown

    assert ("DEADLOCK" in shown) == (units == 2)


@pytest.mark.once
def test_a_wait_that_ends_between_two_looks_is_no_deadlock(tmp_path: Path) -> None:
    """Two processes hand two locks to each other as fast as they can; whoever asks sees each of them wait, often."""
    with running(tmp_path, "    start(*[(busy, (a, b, met, free))] * 2)\n") as run:
        shown = [run.who()[0] for _ in range(2)]

    assert not any("DEADLOCK" in one for one in shown)


@pytest.mark.once
def test_a_process_that_does_not_answer_is_named_and_keeps_nobody_waiting(tmp_path: Path) -> None:
    with running(tmp_path, "    start(*[(one_order, (a, b, met, free))] * 3)\n") as run:
        run.who_until(lambda shown: shown.count("process ") == 4)
        os.kill(int(run.children[0]), signal.SIGSTOP)
        shown = run.who_until(lambda shown: f"process {run.children[0]} does not answer: timed out\n" in shown)
        os.kill(int(run.children[1]), signal.SIGKILL)
        killed = run.who_until(lambda shown: f"killed, or another program by now: {run.children[1]}\n" in shown)
        os.kill(int(run.children[0]), signal.SIGCONT)

    assert f"process {run.children[1]} (prog.py, Process-2)" in shown.replace("ForkProcess", "Process")
    assert f"process {run.pid} (prog.py)" in killed


@pytest.mark.once
def test_processes_that_were_told_to_listen_only_are_asked_by_the_first_one(tmp_path: Path) -> None:
    with running(tmp_path, "    start(*[(one_order, (a, b, met, free))] * 2)\n", "fork", "--listen") as run:
        shown = run.who_until(lambda shown: waits(shown) == 1, run.pid)

    assert shown.count("process ") == 3


@pytest.mark.once
@pytest.mark.parametrize("options", [("--run-directory", "parts"), ("--listen", "--no-children")])
def test_what_does_not_listen_is_one_line(tmp_path: Path, options: tuple[str, ...]) -> None:
    with running(tmp_path, "    start((one_order, (a, b, met, free)))\n", "fork", *options) as run:
        shown, said, status = run.who("parts" if "parts" in options else run.children[0])

    assert (shown, said.count("\n"), status) == ("", 1, 2)
    assert "lockdep run --listen" in said


@pytest.mark.once
@pytest.mark.parametrize("target", ["nowhere", "-5", "0", "99999999999999999999"])
def test_what_is_no_run_is_one_line(tmp_path: Path, target: str) -> None:
    command = [sys.executable, "-m", "lockdep", "who", target]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=PROGRAM_LIMIT)

    assert (done.stdout, done.stderr.count("\n"), done.returncode) == ("", 1, 2)


STARTS = """
import os, subprocess, sys
subprocess.run(["true"], preexec_fn=os.getpid)
subprocess.run([sys.executable, "-c", "import threading; threading.Lock()"])
os.spawnv(os.P_WAIT, "/bin/true", ["true"])
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.mark.once
def test_programs_that_have_been_run_leave_no_process_to_ask(tmp_path: Path) -> None:
    with running(tmp_path, STARTS) as run:
        shown = run.who_until(lambda shown: shown)

    assert shown.startswith("running:\n  MainThread"), shown
    assert "lost" not in (tmp_path / "said").read_text()
