"""lockdep attach: a process that runs without lockdep answers afterwards; one that cannot is one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lockdep.cli import attach
from lockdep.cli.command_line import UsageError
from tests.live.test_listen import env, lockdep

NEW = pytest.mark.skipif(not hasattr(sys, "remote_exec"), reason="Python 3.14 can run a script in another process")

PROGRAM = """
import sys, threading, time
lock = threading.Lock()
def hog():
    with lock: time.sleep(1000)
def waiter():
    with lock: pass
print("ready", flush=True)
while not ((patch := sys.modules.get("lockdep.patch")) and patch.is_installed()): time.sleep(0.01)
while not lock.locked():
    if threading.active_count() == 1: threading.Thread(target=hog, name="hog", daemon=True).start()
    time.sleep(0.01)
threading.Thread(target=waiter, name="waiter", daemon=True).start()
while not any(thread.waits for thread in sys.modules["lockdep"].waiting().threads): time.sleep(0.01)
print("hung", flush=True)
while True: time.sleep(0.01)
"""


@NEW
def test_a_process_without_lockdep_answers_after_it_was_attached_to(tmp_path: Path) -> None:
    (tmp_path / "prog.py").write_text(PROGRAM)
    (tmp_path / "run").mkdir()
    command = [sys.executable, "prog.py"]
    with subprocess.Popen(command, cwd=tmp_path, env=env(tmp_path), text=True, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            first, said, status = lockdep(tmp_path, "attach", str(process.pid))
            assert (said, status) == ("", 0)
            assert process.stdout.readline() == "hung\n"
            picture, _, _ = lockdep(tmp_path, "who", str(process.pid))
            again, _, _ = lockdep(tmp_path, "attach", str(process.pid))
        finally:
            process.kill()

    assert "adopted: prog.py:3 lock\n" in first
    assert "not seen: " in first
    lines = [line.split() for line in picture.splitlines()]
    assert ["waiter", "waits", "prog.py:3", "lock"] in [line[:4] for line in lines]
    assert ["hog", "holds", "prog.py:3", "lock"] in [line[:4] for line in lines]
    assert again == f"process {process.pid} listens already\n"


@NEW
def test_a_process_that_does_not_exist_is_one_line(tmp_path: Path) -> None:
    _, said, status = lockdep(tmp_path, "attach", "99999999")

    assert (status, said.count("\n")) == (2, 1)
    assert said.startswith("lockdep: error: process 99999999 cannot be attached to: ")


def test_older_versions_say_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(sys, "remote_exec", raising=False)

    with pytest.raises(UsageError, match=r"needs Python 3\.14 or newer; .* `lockdep run --listen`"):
        attach.attach(["1"])


def test_a_process_that_runs_no_python_code_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attach, "SECONDS", 0.01)

    with pytest.raises(UsageError, match=r"process 7 has not run the script .* its main thread runs no Python code"):
        attach.answer_in(tmp_path / "answer", 7)


def test_what_failed_in_the_process_is_said(tmp_path: Path) -> None:
    (tmp_path / "answer").write_text("error\nImportError('no')\n")

    with pytest.raises(UsageError, match=r"process 7 could not install lockdep: ImportError\('no'\)"):
        attach.answer_in(tmp_path / "answer", 7)
