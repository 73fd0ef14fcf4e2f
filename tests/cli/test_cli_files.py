"""Subcommands that write or read snapshot files: run --snapshot, report, classes, chains, stats."""

import json
import os
import pty
import re
import subprocess
import sys

import pytest

from lockdep.snapshots.snapshot import Snapshot
from tests.patience import PROGRAM_LIMIT
from tests.snapshots.snapshot_makers import NAMES, seen
from tests.sourcetree import ROOT

PROGRAM = """
import sys, threading
A = threading.Lock()
B = threading.Lock()
first, second = (A, B) if sys.argv[1] == "ab" else (B, A)
with first:
    with second: pass
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "prog.py").write_text(PROGRAM)
    seen("1", "AB", "BC").save(tmp_path / "one.json")
    seen("2", "BA").save(tmp_path / "two.json")
    return tmp_path


@pytest.fixture
def lockdep(folder):
    """Run `lockdep ...` in the folder; return (stdout, stderr, status)."""

    def run(*arguments, **environment):
        done = subprocess.run(
            command(*arguments),
            cwd=folder,
            env=env(**environment),
            capture_output=True,
            text=True,
            timeout=PROGRAM_LIMIT,
        )
        return done.stdout, done.stderr, done.returncode

    return run


def command(*arguments):
    return [sys.executable, "-m", "lockdep", *arguments]


def env(**environment):
    kept = {name: value for name, value in os.environ.items() if name not in ("LOCKDEP_OPTIONS", "NO_COLOR")}
    return {**kept, "PYTHONPATH": str(ROOT), "TERM": "xterm", **environment}


def test_merging_two_clean_runs_finds_an_inversion(lockdep):
    for order in ("ab", "ba"):
        stdout, stderr, status = lockdep("run", "--snapshot", f"{order}.json", "prog.py", order)
        assert (stdout, status) == ("", 0)
        assert "lockdep (" in stderr

    stdout, stderr, status = lockdep("report", "ab.json", "ba.json")

    assert (stderr, status) == ("", 0)
    assert "ERROR: possible circular locking dependency detected" in stdout
    assert "MainThread in ab.json took A, then B\n" in stdout
    assert "prog.py:4 B -> prog.py:3 A in ba.json" in stdout
    assert lockdep("report", "ba.json", "ab.json")[0] == stdout


def test_run_writes_the_snapshot_where_the_program_was_started(lockdep, folder):
    source = "import os, threading; os.mkdir('d'); os.chdir('d')\nwith threading.Lock(): pass"
    assert lockdep("run", "--snapshot", "s.json", "-c", source)[2] == 0
    assert Snapshot.load(folder / "s.json").chains


def test_run_with_a_snapshot_that_cannot_be_written_keeps_the_programs_status(lockdep):
    _, stderr, status = lockdep("run", "--snapshot", "nowhere/s.json", "-c", "raise SystemExit(3)")
    assert status == 3
    assert re.search(r"^lockdep: error: cannot write the snapshot report to .*nowhere/s.json: ", stderr, re.MULTILINE)
    assert lockdep("run", "--snapshot", "nowhere/s.json", "-c", "pass")[2] == 2


def test_run_reports_in_any_format(lockdep, folder):
    assert lockdep("run", "--report", "mermaid:graph.mmd", "prog.py", "ab")[2] == 0
    assert (folder / "graph.mmd").read_text().startswith("flowchart LR\n")


def test_fail_on_makes_findings_an_exit_status(lockdep):
    files = ("one.json", "two.json")
    assert lockdep("report", *files)[2] == 0
    assert lockdep("report", *files, "--fail-on", "potential")[2] == 66
    assert lockdep("report", *files, "--fail-on", "certain")[2] == 0
    assert lockdep("report", files[0], "--fail-on", "stall")[2] == 0


def test_output_goes_to_a_file(lockdep, folder):
    stdout, stderr, status = lockdep("report", "one.json", "two.json", "--format", "snapshot", "--output", "m.json")
    assert (stdout, stderr, status) == ("", "", 0)
    assert Snapshot.load(folder / "m.json").findings[0].across
    assert len(json.loads(lockdep("report", "m.json", "--format", "json")[0])) == 1


def test_a_merge_can_be_merged_again(lockdep):
    lockdep("report", "one.json", "--format", "snapshot", "--output", "first.json")
    stdout, _, _ = lockdep("report", "first.json", "two.json")
    assert "app.py:1 A -> app.py:2 B in one.json; app.py:2 B -> app.py:1 A in two.json" in " ".join(stdout.split())


def test_classes_chains_and_stats(lockdep):
    classes = lockdep("classes", "one.json", "two.json", "--sort", "bd", "--top", "1", "--filter", "app.py:*")
    assert classes[1:] == ("", 0)
    assert re.search(r"OPS:       7 FD:    1 BD:    3 \+\.\+\.: app.py:3 C", classes[0])
    assert lockdep("chains", "one.json") == ("all lock chains:\n", "", 0)
    assert " direct dependencies:                     3\n" in lockdep("stats", "one.json", "two.json")[0]


def test_a_run_that_is_merged_twice_is_noted(lockdep):
    _, stderr, status = lockdep("stats", "one.json", "one.json")
    assert status == 0
    assert stderr == "lockdep: note: one.json and one.json have the same run: its counts are added twice\n"
    _, stderr, _ = lockdep("stats", "one.json", "one.json", "two.json", "one.json", "two.json")
    assert stderr.splitlines() == [
        "lockdep: note: one.json and one.json have the same run: its counts are added twice",
        "lockdep: note: so are those of 2 more",
    ]


MISTAKES = [
    (["report"], "nothing to read: name a FILE, or a store with --store URL"),
    (["report", "nowhere.json"], "cannot read nowhere.json: No such file or directory"),
    (["report", "."], "cannot read .: Is a directory"),
    (["report", "one.json", "prog.py"], "prog.py: not a snapshot: the file is cut off, or no JSON"),
    (["report", "one.json", "--format", "yaml"], "argument --format: invalid choice: 'yaml'"),
    (["report", "one.json", "--output", "nowhere/x"], "cannot write nowhere/x: No such file or directory"),
    (["classes", "one.json", "--top", "0"], "argument --top: "),
    (["classes", "one.json", "--sort", "age"], "argument --sort: invalid choice: 'age'"),
    (["chains", "one.json", "--colour"], "unrecognized arguments: --colour"),
    (["stats", "newer.json"], "newer.json: version 9 of the format"),
]


@pytest.mark.parametrize(("arguments", "message"), MISTAKES, ids=lambda value: " ".join(value)[:40])
def test_a_mistake_is_one_line(lockdep, folder, arguments, message):
    (folder / "newer.json").write_text(json.dumps(seen("1", "AB").to_dict() | {"version": 9}))
    stdout, stderr, status = lockdep(*arguments)
    assert (stdout, status) == ("", 2)
    assert stderr.startswith(f"lockdep: error: {message}")
    assert stderr.count("\n") == 1


def test_an_old_output_survives_a_mistake(lockdep, folder):
    (folder / "out.txt").write_text("old")
    assert lockdep("report", "one.json", "prog.py", "--output", "out.txt")[2] == 2
    assert (folder / "out.txt").read_text() == "old"


def test_names_that_the_terminal_cannot_show_are_escaped(lockdep, folder):
    text = seen("1", "AB").dumps().replace(NAMES[0], "\u00fc.py:1 A")
    (folder / "umlaut.json").write_text(text)
    stdout, stderr, status = lockdep("classes", "umlaut.json", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (stderr, status) == ("", 0)
    assert "\\xfc.py:1 A" in stdout


def test_a_closed_pipe_is_no_error(folder):
    done = subprocess.run(
        f"{sys.executable} -m lockdep report one.json two.json | head -1",
        shell=True, cwd=folder, env=env(), capture_output=True, text=True, timeout=PROGRAM_LIMIT,
    )  # fmt: skip
    assert "Traceback" not in done.stderr


def on_terminal(folder, *arguments, **environment):
    """Run with both streams on a terminal; return what it showed."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command(*arguments), cwd=folder, env=env(**environment), stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    assert process.wait(PROGRAM_LIMIT) == 0
    return shown.decode()


def test_colours_are_used_on_a_terminal_without_no_color_only(lockdep, folder):
    files = ("one.json", "two.json")
    assert "\x1b[1;31mERROR: " in on_terminal(folder, "report", *files)
    assert "\x1b" not in on_terminal(folder, "report", *files, NO_COLOR="1")
    assert "\x1b" not in lockdep("report", *files)[0]


def test_progress_bar_is_shown_on_a_terminal_only(lockdep, folder):
    for number in range(5):
        seen(f"run {number}", "AB").save(folder / f"{number}.json")
    files = [f"{number}.json" for number in range(5)]
    assert "merging" in on_terminal(folder, "stats", *files)
    assert lockdep("stats", *files)[1] == ""


@pytest.mark.parametrize("name", ["stat", "classes", "chains", "stats"])
def test_a_table_of_a_file_needs_no_fast_path(folder, name):
    code = f"""
import sys
from lockdep.cli import main
assert main(["{name}", "one.json"]) == 0
print([module for module in sys.modules if module.startswith("lockdep.fastpath")], file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, env=env(), capture_output=True, text=True)
    assert done.stderr == "[]\n"
