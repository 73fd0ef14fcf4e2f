"""The logs of sanitizers are read right, and each suppression has a reason. The runs themselves take minutes."""

from __future__ import annotations

from pathlib import Path

from tests.sanitize.__main__ import SUPPRESSIONS
from tests.sanitize.reports import read_reports

RACE = """==================
WARNING: ThreadSanitizer: data race (pid={0})
  Write of size 8 at 0x7f{0} by thread T1:
    #0 {1} lockdep/fastpath/_chain.c:10 (_chain.so+0x1)
SUMMARY: ThreadSanitizer: data race
"""


def test_each_kind_of_report_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "race.1").write_text(RACE.format(1, "place") + RACE.format(2, "place") + RACE.format(3, "admit"))

    reports = read_reports(tmp_path)

    assert [report.split(":")[0] for report in reports] == ["2 times", "1 times"]
    assert "place" in reports[0]
    assert "admit" in reports[1]


def test_an_error_of_memory_and_one_of_c_are_reports(tmp_path: Path) -> None:
    (tmp_path / "storm.1").write_text(
        "==7==ERROR: AddressSanitizer: heap-use-after-free on address 0x1\n    #0 f a.c:1\n"
    )
    (tmp_path / "storm.2").write_text("a.c:5:3: runtime error: signed integer overflow\n")

    assert len(read_reports(tmp_path)) == 2


def test_what_is_not_understood_is_a_report(tmp_path: Path) -> None:
    (tmp_path / "race.1").write_text("FATAL: ThreadSanitizer: unexpected memory mapping\n")

    assert len(read_reports(tmp_path)) == 1


def test_threads_of_a_child_that_take_the_place_of_others_are_no_report(tmp_path: Path) -> None:
    known = "==17780==ThreadSanitizer: dup thread with used id 0x7fffaa39f6c0\n"
    (tmp_path / "upheaval.1").write_text(known + known)
    assert read_reports(tmp_path) == []

    (tmp_path / "upheaval.1").write_text(known + RACE.format(1, "place"))
    assert len(read_reports(tmp_path)) == 1


def test_no_log_is_no_report(tmp_path: Path) -> None:
    assert read_reports(tmp_path) == []


def test_each_suppression_has_a_reason() -> None:
    blocks = SUPPRESSIONS.read_text().split("\n\n")[1:]
    for block in blocks:
        entries = [line for line in block.splitlines() if line]
        assert entries[0].startswith("# "), entries[0]
        assert all(line.startswith(("# ", "race:", "race_top:")) for line in entries)
        assert entries[-1].startswith(("race:", "race_top:"))
