"""What a push changes: all of a file or nothing, once, also with several writers and one that is killed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy")

from sqlalchemy.exc import OperationalError

from lockdep.snapshots.records import Tables
from lockdep.snapshots.snapshot import Snapshot
from lockdep.store import compaction, database, schema
from lockdep.store.address import Address
from lockdep.store.database import engine_of
from lockdep.store.parts import TIME
from tests.patience import PROGRAM_LIMIT
from tests.snapshots.snapshot_makers import seen
from tests.sourcetree import ROOT
from tests.store.contents import change, everything, parts, rows, store_at

pytestmark = pytest.mark.once

only_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
WRITERS, FILES = 3, 5
# Each writer pushes files of its own and one that all push, as soon as it is told to begin.
WRITER = """
import sys
from lockdep.cli import main
import sqlalchemy
number, url = sys.argv[1:]
print("ready", flush=True)
sys.stdin.read()
for file in range({files}):
    for path in (f"{{number}}-{{file}}.json", "common.json"):
        status = main(["push", "--host", "web", "--project", "shop", path, url])
        if status:
            sys.exit(status)
"""
# A writer that never comes to the end of its transaction.
STUCK = """
import sys, time
from lockdep.cli import main
from lockdep.store import parts
real = parts.insert
def insert(*arguments):
    real(*arguments)
    print("in the middle", flush=True)
    time.sleep(100_000)
parts.insert = insert
main(["push", "--host", "web", "--project", "shop", *sys.argv[1:]])
"""


def taken(snapshot: Snapshot, when: str) -> Snapshot:
    """Return a snapshot that was taken at this time."""
    data = snapshot.to_dict()
    for run in data["runs"]:
        run["taken"] = when
    return Snapshot.parse(json.dumps(data), "taken")


# -- the same again


def test_a_file_that_is_pushed_twice_changes_nothing(url, push):
    assert push(url, seen("1", "AB")) == "stored"
    before = everything(url)

    assert push(url, seen("1", "AB")) == "was in the store"

    assert everything(url) == before


def test_the_same_run_on_another_host_is_another_part_and_a_report_says_so(url, push, lockdep):
    push(url, seen("1", "AB"), "web-1")

    assert push(url, seen("1", "AB"), "web-2") == "stored"

    assert parts(url) == 2
    assert "whose counts are added twice: 1\n" in lockdep("report", "--store", url)[1]


def test_a_later_snapshot_of_a_process_takes_the_place_of_the_earlier_one(url, push):
    push(url, taken(seen("1", "AB"), "2026-01-01T00:00:00Z"))
    other = seen("2", "AB")
    push(url, other)

    assert push(url, taken(seen("1", "AB", "BC"), "2026-01-02T00:00:00Z")) == "stored, in place of what it contains"
    assert push(url, taken(seen("1", "AB"), "2026-01-01T00:00:00Z")) == "was in the store"

    assert parts(url) == 2
    assert rows(url, "SELECT run, taken FROM lockdep_runs ORDER BY run") == [
        ("1", "2026-01-02T00:00:00Z"),
        ("2", other.runs[0].taken),
    ]


def test_a_run_takes_the_place_of_what_its_children_have_pushed(url, push):
    child, parent = seen("1", "AB"), seen("2", "BC")
    push(url, child)

    assert push(url, parent.merge(child)) == "stored, in place of what it contains"
    assert push(url, child) == "was in the store"

    assert parts(url) == 1


@only_sqlite
def test_runs_that_share_only_some_processes_are_both_kept(url, push, lockdep):
    push(url, seen("1", "AB").merge(seen("2", "AB")))
    push(url, seen("2", "AB").merge(seen("3", "BA")))

    assert parts(url) == 2
    assert "whose counts are added twice: 1\n" in lockdep("report", "--store", url)[1]


# -- several writers


def run_source(source: str, folder: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", source, *arguments]
    return subprocess.Popen(
        command, cwd=folder, env={"PYTHONPATH": str(ROOT)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def read_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_several_processes_push_at_once_and_each_file_is_there_once(url, tmp_path):
    seen("common", "AB").save(tmp_path / "common.json")
    for writer in range(WRITERS):
        for file in range(FILES):
            seen(f"{writer}-{file}", "AB").save(tmp_path / f"{writer}-{file}.json")
    source = WRITER.format(files=FILES)
    writers = [run_source(source, tmp_path, str(number), url) for number in range(WRITERS)]
    try:
        assert [read_line(writer) for writer in writers] == ["ready"] * WRITERS
        told = [writer.communicate(timeout=PROGRAM_LIMIT)[0] for writer in together(writers)]
    finally:
        for writer in writers:
            writer.kill()

    assert [writer.returncode for writer in writers] == [0] * WRITERS, told
    assert parts(url) == WRITERS * FILES + 1
    assert sum(text.count("common.json: stored") for text in told) == 1
    check_sound(url)


def together(writers: list[subprocess.Popen[str]]) -> list[subprocess.Popen[str]]:
    """Tell all writers to begin."""
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.close()
        writer.stdin = None
    return writers


def check_sound(url: str) -> None:
    """Have SQLite look whether anything in the file is wrong."""
    if url.startswith("sqlite"):
        assert rows(url, "PRAGMA integrity_check") == [("ok",)]


def test_of_a_writer_that_is_killed_in_the_middle_nothing_is_there(url, push, tmp_path):
    push(url, seen("1", "AB"))
    before = everything(url)
    seen("2", "BA").save(tmp_path / "stuck.json")
    writer = run_source(STUCK, tmp_path, "stuck.json", url)
    try:
        assert read_line(writer) == "in the middle"
        assert everything(url) == before
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.communicate(timeout=PROGRAM_LIMIT)

    assert everything(url) == before
    assert push(url, seen("2", "BA"), "web") == "stored"
    assert parts(url) == 2
    check_sound(url)


def test_a_writer_that_waits_too_long_for_its_turn_says_so_in_one_line(url, push, lockdep, tmp_path, monkeypatch):
    push(url, seen("1", "AB"))
    seen("2", "BA").save(tmp_path / "two.json")
    monkeypatch.setattr(database, "SECONDS", 0.01)
    monkeypatch.setattr(database, "PAUSES", (0, 0))
    with engine_of(Address.parse(url)).connect() as other:
        database.begin(other)
        told, error, status = lockdep("push", "--project", "shop", tmp_path / "two.json", url)

    assert (told, status, error.count("\n")) == ("", 2, 1)
    assert "database is locked\n" in error or "canceling statement due to lock timeout" in error
    assert parts(url) == 1


def test_a_server_that_fails_is_tried_again_a_few_times(url, monkeypatch):
    monkeypatch.setattr(database, "PAUSES", (0, 0))
    store, tries = store_at(url), []

    def fails(times: int):
        def action(_connection: object) -> str:
            tries.append(times)
            if len(tries) <= times:
                raise OperationalError("INSERT", {}, Exception("the connection is lost"))
            return "done"

        tries.clear()
        return action

    if url.startswith("sqlite"):
        with pytest.raises(database.StoreError, match="the connection is lost"):
            store.write(fails(1))
    else:
        assert store.write(fails(2)) == "done"
        with pytest.raises(database.StoreError, match="the connection is lost"):
            store.write(fails(3))
        assert len(tries) == 3


# -- migrations


MORE = (*schema.MIGRATIONS, ("CREATE TABLE further (name TEXT)", "INSERT INTO further (name) VALUES ('made')"))


def test_an_older_schema_is_brought_up_to_date_by_the_next_reader_or_writer(url, push, lockdep, monkeypatch):
    push(url, seen("1", "AB"))
    push(url, seen("2", "BA"))
    monkeypatch.setattr(schema, "MIGRATIONS", MORE)
    monkeypatch.setattr(database, "MIGRATIONS", MORE)

    assert lockdep("report", "--store", url, "--fail-on", "potential")[2] == 66

    assert rows(url, "SELECT * FROM further") == [("made",)]
    assert rows(url, "SELECT version FROM lockdep_schema") == [(2,)]
    push(url, seen("3", "AB"))
    assert rows(url, "SELECT * FROM further") == [("made",)]


def test_of_a_migration_that_fails_nothing_is_there(url, push, lockdep, tmp_path, monkeypatch):
    push(url, seen("1", "AB"))
    before = everything(url)
    broken = (*schema.MIGRATIONS, (*MORE[-1], "CREATE NONSENSE"))
    monkeypatch.setattr(schema, "MIGRATIONS", broken)
    seen("2", "BA").save(tmp_path / "two.json")

    told, error, status = lockdep("push", "--project", "shop", tmp_path / "two.json", url)

    assert (told, status, error.count("\n")) == ("", 2, 1)
    assert everything(url) == before


def test_a_newer_schema_is_refused_in_one_line(url, push, lockdep, tmp_path):
    push(url, seen("1", "AB"))
    change(url, "UPDATE lockdep_schema SET version = 9")
    before = everything(url)

    for command in (["push", tmp_path / "pushed.json", url], ["report", "--store", url],
                    ["store", "prune", url, "--keep-days", "1"]):  # fmt: skip
        told, error, status = lockdep(*command)
        assert (told, status, error.count("\n")) == ("", 2, 1)
        assert "its schema is version 9, of a newer lockdep; this one knows up to version 1\n" in error
    assert everything(url) == before


# -- retention


def test_what_is_older_than_the_days_to_keep_is_removed_and_nothing_else(url, push, lockdep):
    push(url, taken(seen("1", "AB"), at_days(10)), "web-1")
    push(url, taken(seen("2", "BA"), at_days(1)), "web-2")
    push(url, taken(seen("3", "BA"), at_days(10)), "web-3", project="other")
    shown = url.removeprefix("sqlite:///")
    found = ("report", "--store", url, "--project", "shop", "--fail-on", "potential")

    kept = lockdep("store", "prune", url, "--keep-days", 20)
    assert kept == (f"{shown}: 0 of 3 parts removed\n", "", 0)
    assert lockdep(*found)[2] == 66
    assert (
        lockdep("store", "prune", url, "--keep-days", 5, "--project", "shop")[0] == f"{shown}: 1 of 2 parts removed\n"
    )
    assert lockdep(*found) == ("", "", 0)
    assert parts(url) == 2
    assert lockdep("store", "prune", url, "--keep-days", 5)[0] == f"{shown}: 1 of 2 parts removed\n"
    assert rows(url, "SELECT run FROM lockdep_runs") == [("2",)]


def test_a_compact_store_has_fewer_parts_of_the_same_days_versions_and_hosts(url, push, lockdep):
    days = [at_days(0), at_days(1)]
    for number, order in enumerate(("AB", "AB", "BA")):
        push(url, taken(seen(f"a{number}", order), days[number // 2]), "web-1")
    push(url, taken(seen("b", "AB"), days[0]), "web-2")
    push(url, taken(seen("c", "AB"), days[0]), "web-1", "2")
    shown = url.removeprefix("sqlite:///")
    found = lockdep("report", "--store", url)

    assert lockdep("store", "compact", url) == (f"{shown}: 2 parts became 1\n", "", 0)

    assert parts(url) == 4
    assert lockdep("report", "--store", url) == found
    assert push(url, taken(seen("a0", "AB"), days[0]), "web-1") == "was in the store"
    assert lockdep("store", "compact", url) == (f"{shown}: nothing to merge\n", "", 0)


@only_sqlite
def test_parts_that_change_while_they_are_merged_stay_as_they_are(url, push, monkeypatch):
    push(url, taken(seen("1", "AB"), at_days(1)))
    push(url, taken(seen("2", "AB"), at_days(1)))
    real = compaction.encode_text

    def encode(whole: Tables) -> bytes:
        change(url, "DELETE FROM lockdep_runs WHERE run = '1'")
        change(url, "DELETE FROM lockdep_parts WHERE id NOT IN (SELECT part FROM lockdep_runs)")
        return real(whole)

    monkeypatch.setattr(compaction, "encode_text", encode)

    assert compaction.compact(store_at(url)) == (2, 2)

    assert rows(url, "SELECT run FROM lockdep_runs") == [("2",)]


def at_days(ago: int) -> str:
    return time.strftime(TIME, time.gmtime(time.time() - ago * 86400))
