"""The thread that writes the part of a process: when there is one, and that the program does not notice it."""

from __future__ import annotations

import _thread
import os
import sys
import threading
import time
from pathlib import Path

import pytest

from lockdep.processes import writer
from lockdep.processes.writer import Writer
from tests.processes.runs import ABBA, run

COUNTED = """
import _thread, os
start = _thread.start_new_thread
def counted(*arguments, os=os, start=start):
    os.write(1, b"a thread of ours")
    return start(*arguments)
_thread.start_new_thread = counted
"""
ANY_THREAD = "import _thread; _thread.start_new_thread(int, ())"  # one more makes no difference after that
LATE = """
class Late:
    def __del__(self, use=abab):
        use()
late = Late()
"""
COLLECTED = """
class Node:
    def __del__(self):
        print("finalized")
node = [Node()]
node.append(node)
"""


def joined(child: str, *flags: str) -> str:
    """Return a program that starts another Python, which joins the run and does this."""
    return f"import subprocess, sys\nsubprocess.run([sys.executable, *{flags!r}, '-c', {child!r}])\n"


@pytest.mark.parametrize(("work", "threads"), [("", ""), (ABBA + "abab()", "a thread of ours")])
def test_a_child_that_learns_nothing_starts_no_thread(tmp_path: Path, work: str, threads: str) -> None:
    done = run(tmp_path, joined(f"{ANY_THREAD}\n{COUNTED}\n{work}"))

    assert done.stdout == threads
    done.assert_silent(processes=2 if work else 1)


def test_what_is_learned_after_the_end_was_written_starts_no_thread(tmp_path: Path) -> None:
    done = run(tmp_path, joined(f"{ANY_THREAD}\n{COUNTED}\n{ABBA}\n{LATE}"))

    assert done.stdout == ""
    done.assert_silent(processes=1)


@pytest.mark.parametrize("work", ["", ABBA + "abba()"], ids=["nothing", "a cycle"])
def test_what_a_module_of_a_child_refers_to_is_finalized_at_its_end(tmp_path: Path, work: str) -> None:
    """Where the first thread has everything kept alive, the program has to start that itself."""
    done = run(tmp_path, joined(f"{work}\n{COLLECTED}"))

    assert done.stdout == "finalized\n"
    assert done.summary == ((1, 0, 2) if work else (0, 0, 1))


def test_only_the_first_thread_of_free_threaded_3_13_makes_a_difference(tmp_path: Path) -> None:
    done = run(tmp_path, f"{ANY_THREAD}\nfrom lockdep.processes import writer\nprint(writer.may_start())")

    assert done.stdout == "True\n"
    assert writer.may_start() or writer.FIRST_THREAD_COUNTS


class SlowEnd:
    """In the dictionary of a thread, it keeps the thread for a while after its last line."""

    def __del__(self) -> None:
        time.sleep(0.2)


@pytest.mark.skipif(not os.path.isdir(writer.TASKS), reason="threads are not counted so on this system")
def test_the_thread_is_gone_when_its_writing_is_finished() -> None:
    _thread.start_new_thread(int, ())
    ends, tasks = threading.local(), []

    def write() -> None:
        ends.slow = SlowEnd()
        tasks.append(_thread.get_native_id())

    ours = Writer(write, 0.01)
    ours.news()
    while not tasks:
        time.sleep(0.001)
    ours.finish()

    assert not os.path.exists(f"{writer.TASKS}/{tasks[0]}")


FORKS = """
import os, threading
for number in range(20):
    lines = "\\n" * number + "import threading\\na = threading.Lock()\\nb = threading.Lock()\\nwith a:\\n with b: pass"
    exec(compile(lines, "lines.py", "exec"))
    BETWEEN
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
"""
STAYING = "number or threading.Thread(target=threading.Event().wait, daemon=True).start()"


@pytest.mark.parametrize(("between", "warns"), [("pass", False), (STAYING, True)])
def test_python_warns_of_a_fork_only_if_the_program_has_threads(tmp_path: Path, between: str, warns: bool) -> None:
    done = run(tmp_path, joined(FORKS.replace("BETWEEN", between), "-W", "always"))

    assert ("multi-threaded" in done.stderr) == (warns and sys.version_info >= (3, 12)), done.stderr
