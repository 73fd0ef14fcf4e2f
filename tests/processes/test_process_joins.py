"""Process.join under a lock of multiprocessing that the process takes is reported, and what only looks so is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockdep.processes.folder import NEEDS, RunDirectory
from lockdep.processes.needs import MOST_NEEDS, Need, Notes, append, forget, needs_of, parsed
from tests.processes.runs import Run, run

pytestmark = [pytest.mark.ends, pytest.mark.any_build]

HEAD = """
import multiprocessing, os, signal, sys, threading, time
context = multiprocessing.get_context("METHOD")

def takes(lock, taken):
    with lock: pass
    taken.set()

def gives_up(lock, taken):
    if lock.acquire(timeout=0.2): lock.release()

def tries(lock, taken):
    if lock.acquire(block=False): lock.release()

def sleeps(lock, taken):
    time.sleep(0.3)
    with lock: pass

def in_a_thread(lock, taken):
    threading.Thread(target=takes, args=(lock, taken)).start()

def in_a_daemon(lock, taken):
    threading.Thread(target=takes, args=(lock, taken), daemon=True).start()
    time.sleep(0.3)

def join(work, held, wanted, timeout=None, before=lambda child, taken: None):
    taken = context.Event()
    child = context.Process(target=work, args=(wanted, taken))
    child.start()
    before(child, taken)
    with held:
        child.join(timeout)
    child.kill()
    child.join()
    print(child.exitcode)

def taken(child, taken): taken.wait()
def told_to_end(child, taken): child.terminate()

if __name__ == "__main__":
    a, b, r = context.Lock(), context.Lock(), context.RLock()
"""
FOUND = {
    "takes it, and is killed": "join(takes, a, a, 0.5)",
    "took it before": "join(takes, a, a, before=taken)",
    "gives up": "join(gives_up, a, a)",
    "an RLock": "join(takes, r, r, 0.5)",
    "in a thread": "join(in_a_thread, a, a, 0.5)",
}
SOUND = {
    "another lock": "join(takes, a, b)",
    "only tries": "join(tries, a, a)",
    "a daemon thread": "join(in_a_daemon, a, a)",
    "told to end": "join(sleeps, a, a, before=told_to_end)",
    "without a lock": "child = context.Process(target=takes, args=(a, context.Event())); child.start(); child.join()",
}
HANGS = """
    def look():
        time.sleep(1.5)
        print("still there", file=sys.stderr)
        for child in multiprocessing.active_children(): os.kill(child.pid, signal.SIGKILL)
    threading.Thread(target=look, daemon=True).start()
    join(takes, a, a)
"""


def run_joins(folder: Path, body: str, method: str = "fork") -> Run:
    return run(folder, f"{HEAD.replace('METHOD', method)}    {body.strip()}\n")


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_wait_for_a_process_that_takes_a_held_lock_is_found(tmp_path: Path, method: str) -> None:
    done = run_joins(tmp_path, FOUND["took it before"], method)

    assert [(one["slug"], one["grade"]) for one in done.findings] == [("join", "potential")], done.stderr
    assert done.status == 66
    text = " ".join(done.stderr.split())
    assert "waiting for a process that takes a held lock" in text
    assert "MainThread holds A, and waits for" in text
    assert "with held:" in text
    assert "child.join(timeout)" in text
    assert "with lock: pass" in text
    assert "[process:prog.py:5]" in text


@pytest.mark.parametrize("case", FOUND)
def test_each_way_to_need_the_lock_is_found(tmp_path: Path, case: str) -> None:
    done = run_joins(tmp_path, FOUND[case])

    assert [one["slug"] for one in done.findings] == ["join"], done.stderr
    stalls = "0.5" in FOUND[case] or case == "gives up"
    assert done.findings[0]["grade"] == ("stall" if stalls else "potential")
    assert done.left == []


@pytest.mark.parametrize("case", SOUND)
def test_a_wait_for_a_process_that_does_not_need_the_lock_is_silent(tmp_path: Path, case: str) -> None:
    done = run_joins(tmp_path, SOUND[case])

    assert (done.summary[:2], done.findings, done.status, done.left) == ((0, 0), [], 0, []), done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr


def test_a_directory_that_is_kept_has_no_notes(tmp_path: Path) -> None:
    options = ("--run-directory", str(tmp_path / "kept"))
    done = run(tmp_path, f"{HEAD.replace('METHOD', 'fork')}    {FOUND['gives up']}\n    join(takes, a, b)\n", *options)

    assert [one["slug"] for one in done.findings] == ["join"], done.stderr
    assert [one.name for one in (tmp_path / "kept").iterdir() if one.name.endswith(NEEDS)] == []


def test_it_is_told_while_the_program_hangs(tmp_path: Path) -> None:
    done = run_joins(tmp_path, HANGS)

    assert "wants A" in done.stderr.partition("still there")[0]
    assert [one["grade"] for one in done.findings] == ["potential"]


# -- The notes


@pytest.fixture
def folder(tmp_path: Path) -> RunDirectory:
    return RunDirectory(str(tmp_path))


def test_notes_are_read_as_they_were_written(folder: RunDirectory) -> None:
    need = Need("a", True, "process:x.py:1", (("x\udcff.py", 3, "f"),))
    for _ in range(2):
        append(folder.at(f"7{NEEDS}"), repr(tuple(need)))

    assert needs_of(folder, 7) == [need, need]
    forget(folder, 7)
    assert needs_of(folder, 7) == []


@pytest.mark.parametrize("line", ["", "7", "(1, 2)", "('a', True, 'b', ((1,),))", "(" * 500, "\0", "f()"])
def test_a_broken_note_is_passed_over(folder: RunDirectory, line: str) -> None:
    append(folder.at(f"7{NEEDS}"), line)

    assert parsed(line) is None
    assert needs_of(folder, 7) == []


def test_a_link_in_the_place_of_the_notes_is_not_followed(folder: RunDirectory, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (tmp_path / f"7{NEEDS}").symlink_to(elsewhere)

    with pytest.raises(OSError, match="symbolic link"):
        append(folder.at(f"7{NEEDS}"), "x")
    assert not elsewhere.exists()


def test_the_first_process_notes_nothing(folder: RunDirectory, tmp_path: Path) -> None:
    class Lock:
        identity = "a"

    for _ in range(MOST_NEEDS):
        Notes(folder).note(Lock(), False)  # type: ignore[arg-type]

    assert list(tmp_path.iterdir()) == []
