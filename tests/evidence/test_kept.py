"""What is kept of evidence: in reports, in JSON, in snapshots, and when these are merged."""

from pathlib import Path

import pytest

from lockdep.live.taking import snapshot
from lockdep.reports import formats
from lockdep.reports.excused import listing
from lockdep.snapshots.snapshot import Snapshot
from tests.worlds import PLAIN, patched_world, program

GATED = """
import threading
{before}
gate, a, b = threading.Lock(), threading.Lock(), threading.Lock()
def forwards():
    with gate, a, b: pass
def backwards():
    with gate, b, a: pass
def hurry():
    with {order}: pass
for work in {works}:
    thread = threading.Thread(target=work); thread.start(); thread.join()
"""
UNMATCHED = """
import threading
class Handler:
    def __init__(self):
        self.lock = threading.Lock()
root = threading.Lock()
one, other = Handler(), Handler()
with root, one.lock: pass
with other.lock, root: pass
"""


def gated(works: str, order: str = "a, b") -> str:
    return GATED.format(before="", works=works, order=order)


def run(folder: Path, works: str, name: str, order: str = "a, b") -> Snapshot:
    """Run the program with these works, and return the snapshot."""
    done = program(folder, gated(works, order), command=("-m", "lockdep", "run", "--snapshot", name))
    assert (folder / name).exists(), done.stderr
    return Snapshot.load(folder / name)


def test_excused_findings_are_listed_on_request_only(tmp_path: Path) -> None:
    quiet = program(tmp_path, gated("(forwards, backwards)"))
    loud = program(tmp_path, gated("(forwards, backwards)"), command=("-m", "lockdep", "run", "--show-excused"))

    assert quiet.returncode == 0
    assert "gate:" not in quiet.stderr
    assert "1 excused" in quiet.stderr
    assert "excused: possible circular locking dependency detected: " in loud.stderr
    assert "  gate: prog.py:4 gate is held on both sides\n" in loud.stderr


def test_a_snapshot_keeps_the_excuse(tmp_path: Path) -> None:
    (finding,) = run(tmp_path, "(forwards, backwards)", "one").findings

    assert finding.grade == "excused"
    assert finding.excuses == ("gate: prog.py:4 gate is held on both sides",)
    assert listing([finding]).endswith("  gate: prog.py:4 gate is held on both sides\n")
    assert finding.to_dict()["excuses"] == list(finding.excuses)


def test_an_excuse_holds_in_a_merge_if_it_holds_in_all_files(tmp_path: Path) -> None:
    one, two = (run(tmp_path, "(forwards, backwards)", name) for name in ("one", "two"))

    (finding,) = one.merge(two).findings
    assert finding.grade == "excused"


def test_an_excuse_does_not_hold_in_a_merge_if_another_file_lacks_it(tmp_path: Path) -> None:
    one = run(tmp_path, "(forwards, backwards)", "one")
    two = run(tmp_path, "(hurry,)", "two")

    (finding,) = one.merge(two).findings
    assert finding.grade == "potential"
    assert finding.excuses == ()
    (again,) = one.merge(two).merge(one).findings
    assert again.grade == "potential"


def test_unmatched_cycles_are_one_line(tmp_path: Path) -> None:
    quiet = program(tmp_path, UNMATCHED)
    loud = program(tmp_path, UNMATCHED, command=("-m", "lockdep", "run", "--show-unmatched"))

    assert "lockdep: 1 cycle between classes whose instances never met, see --show-unmatched\n" in quiet.stderr
    assert "possible circular" not in quiet.stderr
    assert "possible circular" in loud.stderr
    assert "see --show-unmatched" not in loud.stderr


def test_an_unmatched_cycle_that_fails_the_run_is_reported(tmp_path: Path) -> None:
    done = program(tmp_path, UNMATCHED, command=("-m", "lockdep", "run", "--fail-on", "unmatched"))

    assert done.returncode == 66
    assert "possible circular" in done.stderr


def test_unmatched_cycles_of_a_file_are_one_line(tmp_path: Path) -> None:
    program(tmp_path, UNMATCHED, command=("-m", "lockdep", "run", "--snapshot", "one"))
    (tmp_path / "one").rename(tmp_path / "prog.json")
    report = "from lockdep.cli import main; import sys; sys.exit(main(['report', 'prog.json', *{flags}]))"

    quiet = program(tmp_path, report.format(flags="[]"), command=PLAIN)
    loud = program(tmp_path, report.format(flags="['--show-unmatched']"), command=PLAIN)

    assert "possible circular" not in quiet.stdout
    assert "lockdep: 1 cycle between" in quiet.stderr
    assert "possible circular" in loud.stdout


@pytest.mark.parametrize("format_", ["splat", "markdown"])
def test_formats_leave_excused_findings_out(format_: str) -> None:
    with patched_world():
        exec(compile(gated("(forwards, backwards)"), "prog.py", "exec"), {"__name__": "prog"})
        taken = snapshot()

    assert [finding.grade for finding in taken.findings] == ["excused"]
    assert "possible circular" not in formats.render(format_, taken)
