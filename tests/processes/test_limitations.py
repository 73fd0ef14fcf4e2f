"""What docs/limitations.md lists about recording child processes. Each test is a strict xfail."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.processes.runs import ABBA, run

CHILD = (
    f"import sys\n{ABBA}\n"
    + """
import subprocess
if len(sys.argv) > 1:
    abba()
else:
    subprocess.run([sys.executable, FLAG, __file__, "child"], check=True)
"""
)


@pytest.mark.xfail(reason="without site, nothing of lockdep is read when the interpreter starts")
def test_a_child_without_site_is_seen(tmp_path: Path) -> None:
    run(tmp_path, CHILD.replace("FLAG", "'-S'")).assert_one_finding()


@pytest.mark.xfail(reason="-I ignores PYTHONPATH, and the .pth file is not installed from a source tree")
def test_an_isolated_child_is_seen_from_a_source_tree(tmp_path: Path) -> None:
    run(tmp_path, CHILD.replace("FLAG", "'-I'")).assert_one_finding()


BUSY = """
import os, signal, time
parent = os.getpid()
if not os.fork():
    time.sleep(0.2)
    os.kill(parent, signal.SIGTERM)
    time.sleep(0.5)
    if os.getppid() == parent:
        os.write(1, b"still there")
    os._exit(0)
sum(range(10**8))  # in C, for longer than the child waits, without a look at signals
"""


@pytest.mark.xfail(reason="the handler that stands for the default action is run by the interpreter")
def test_sigterm_ends_code_in_c_at_once(tmp_path: Path) -> None:
    assert run(tmp_path, BUSY).stdout == ""


BECOMES = (
    f"import sys\n{ABBA}\n"
    + """
import os
if len(sys.argv) > 1:
    abba()
else:
    with threading.Lock(): pass
    os.execv(sys.executable, [sys.executable, __file__, "again"])
"""
)


@pytest.mark.xfail(reason="the run ends when another program takes the place of its first process")
def test_the_successor_of_the_first_process_is_seen(tmp_path: Path) -> None:
    run(tmp_path, BECOMES).assert_one_finding(1)


UNITS = """
import multiprocessing
def take(first, second):
    with first, second: pass
if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    units, lock = context.Semaphore(2), context.Lock()
    for order in ((units, lock), (units, lock), (lock, units)):
        child = context.Process(target=take, args=order)
        child.start()
        child.join()
"""


@pytest.mark.xfail(reason="how many units the threads of other processes want is not known")
def test_three_processes_that_want_two_units_are_seen(tmp_path: Path) -> None:
    assert run(tmp_path, UNITS).summary[0] == 1
