"""Reports never stop the program: a pipe that nobody reads, a closed descriptor, a file under its number."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lockdep.reports.outlet import MOST_KEPT, Outlet
from tests.patience import PROGRAM_LIMIT
from tests.sourcetree import ROOT

CHAPTER = "x" * 999 + "\n"


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def read_available(descriptor: int) -> bytes:
    os.set_blocking(descriptor, False)
    found = b""
    while True:
        try:
            found += os.read(descriptor, 1 << 16)
        except BlockingIOError:
            return found


def test_text_that_a_reader_takes_arrives_at_once(pipe: tuple[int, int]) -> None:
    outlet = Outlet(pipe[1])
    outlet.write("first\n")
    outlet.write("second\n")

    assert read_available(pipe[0]) == b"first\nsecond\n"


def test_what_a_full_pipe_does_not_take_is_written_later_in_order(pipe: tuple[int, int]) -> None:
    outlet = Outlet(pipe[1])
    chapters = [f"{number}\n{CHAPTER}" for number in range(200)]
    for chapter in chapters:
        outlet.write(chapter)
    found = read_available(pipe[0])
    assert len(found) < sum(map(len, chapters))
    while len(found) < sum(map(len, chapters)):
        outlet.end()
        found += read_available(pipe[0])

    assert found.decode() == "".join(chapters)


def test_what_is_kept_has_a_limit(pipe: tuple[int, int]) -> None:
    outlet = Outlet(pipe[1])
    for _ in range(2 * MOST_KEPT // len(CHAPTER)):
        outlet.write(CHAPTER)

    assert outlet._size <= MOST_KEPT


@pytest.mark.parametrize("how", [os.O_RDWR, os.O_WRONLY | os.O_TRUNC], ids=["database", "output"])
def test_data_under_the_same_number_are_left_alone(tmp_path: Path, how: int) -> None:
    descriptor = os.open(tmp_path / "log", os.O_WRONLY | os.O_CREAT)
    outlet = Outlet(descriptor)
    other = os.open(tmp_path / "database", how | os.O_CREAT)
    os.dup2(other, descriptor)
    outlet.write("report\n")
    os.close(other)
    os.close(descriptor)

    assert (tmp_path / "database").read_bytes() == b""


def test_a_log_that_replaces_it_gets_the_reports(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path / "terminal", os.O_WRONLY | os.O_CREAT)
    outlet = Outlet(descriptor)
    other = os.open(tmp_path / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(other, descriptor)
    outlet.write("report\n")
    os.close(other)
    os.close(descriptor)

    assert (tmp_path / "log").read_bytes() == b"report\n"


def test_reports_go_on_when_the_program_has_closed_the_descriptor(pipe: tuple[int, int], tmp_path: Path) -> None:
    descriptor = os.dup(pipe[1])
    outlet = Outlet(descriptor)
    outlet.keep()
    os.close(descriptor)
    outlet.write("closed\n")
    database = os.open(tmp_path / "database", os.O_RDWR | os.O_CREAT)
    if database != descriptor:
        os.dup2(database, descriptor)
        os.close(database)
    outlet.write("replaced\n")
    os.close(descriptor)
    outlet.release()

    assert read_available(pipe[0]) == b"closed\nreplaced\n"
    assert (tmp_path / "database").read_bytes() == b""


def test_the_duplicate_is_not_inherited_and_not_used_when_it_is_another_file(
    pipe: tuple[int, int], tmp_path: Path
) -> None:
    descriptor = os.dup(pipe[1])
    outlet = Outlet(descriptor)
    outlet.keep()
    number = outlet._duplicate
    assert number is not None
    assert not os.get_inheritable(number)
    os.close(descriptor)
    database = os.open(tmp_path / "database", os.O_RDWR | os.O_CREAT)
    os.dup2(database, number)
    outlet.write("report\n")
    outlet.release()
    os.close(database)
    os.close(number)

    assert read_available(pipe[0]) == b""
    assert (tmp_path / "database").read_bytes() == b""


def test_a_child_has_no_duplicate(pipe: tuple[int, int]) -> None:
    outlet = Outlet(pipe[1])
    outlet.keep()
    number = outlet._duplicate
    outlet.forked()

    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(-1 if number is None else number)


def test_a_closed_descriptor_is_no_error() -> None:
    reader, writer = os.pipe()
    outlet = Outlet(writer)
    os.close(writer)
    os.close(reader)

    outlet.write("report\n")
    outlet.end()


MANY = """
import threading
for i in range(40):
    text = "import threading\\nA=threading.Lock()\\nB=threading.Lock()\\n" + ORDERS
    exec(compile(text, f"g{i}.py", "exec"), {})
print("finished")
"""


@pytest.mark.parametrize("pure", ["0", "1"])
@pytest.mark.parametrize(
    ("orders", "status"), [("with A:\n  with B: pass\nwith B:\n  with A: pass\n", 66), ("with A:\n  with B: pass\n", 0)]
)
def test_a_program_whose_standard_error_nobody_reads_ends(tmp_path: Path, orders: str, status: int, pure: str) -> None:
    path = tmp_path / "prog.py"
    path.write_text(MANY.replace("ORDERS", repr(orders)))
    process = subprocess.Popen(
        [sys.executable, "-m", "lockdep", "run", path],
        env={**os.environ, "PYTHONPATH": str(ROOT), "LOCKDEP_PURE": pure},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        assert process.wait(PROGRAM_LIMIT) == status
        assert process.stdout is not None
        assert process.stdout.read() == b"finished\n"
    finally:
        process.kill()
        process.communicate()
