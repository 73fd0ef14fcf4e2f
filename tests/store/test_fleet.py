"""Halves that were seen on different hosts and in different versions: found, named, and told apart from what is old."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy")

from hypothesis import given, settings
from hypothesis import strategies as st

from lockdep.snapshots.snapshot import Snapshot
from lockdep.store import parts as store_parts
from lockdep.store.compaction import compact
from lockdep.store.database import Store
from lockdep.store.fleet import Choice, gather
from lockdep.store.parts import Origin, Parcel
from tests.snapshots.snapshot_makers import seen, snapshots
from tests.store.contents import change, store_at

pytestmark = pytest.mark.once

AB, BA = "app.py:1 A -> app.py:2 B", "app.py:2 B -> app.py:1 A"


def lists(text: str) -> str:
    """Return the list of origins, which follows the reports."""
    return text.rpartition("\n\n")[2]


def test_two_halves_from_two_hosts_are_found_and_both_hosts_are_named(url, push, lockdep):
    push(url, seen("1", "AB"), "web-1", "1.4")
    push(url, seen("2", "BA"), "web-2", "1.4")

    told, error, status = lockdep("report", "--store", url, "--fail-on", "potential")

    assert (error, status) == ("", 66)
    assert "possible circular locking dependency detected" in told
    assert "thread of 1 in web-1 1.4 took" in told
    assert "thread of 2 in web-2 1.4 took" in told
    assert lists(told).splitlines()[1:] == [f"  {AB}: web-1 1.4", f"  {BA}: web-2 1.4"]


def test_one_order_on_two_hosts_is_silent(url, push, lockdep):
    push(url, seen("1", "AB", "BC"), "web-1", "1.4")
    push(url, seen("2", "AB", "AC"), "web-2", "1.4")

    assert lockdep("report", "--store", url, "--fail-on", "potential") == ("", "", 0)


def test_a_half_is_named_with_few_hosts_and_the_number_of_the_others(url, push, lockdep):
    for number in range(5):
        push(url, seen(f"a{number}", "AB"), f"web-{number}")
    push(url, seen("b", "BA"), "job")

    told, _, _ = lockdep("report", "--store", url)

    assert f"  {AB}: web-0 1, web-1 1, web-2 1 and 2 more\n" in lists(told)


def test_a_finding_of_one_process_is_listed_with_its_hosts(url, push, lockdep):
    alone = seen("1", "AB").merge(seen("2", "BA")).findings[0]
    for number, host in enumerate(("web-1", "web-2")):
        found = replace(alone, across=False, processes=(f"app.py (pid {number})",))
        push(url, replace(seen(f"r{number}", "AB", "BA"), findings=(found,)), host)

    told, _, _ = lockdep("report", "--store", url)
    data, error, _ = lockdep("report", "--store", url, "--format", "json")

    assert "  app.py:1 A -> app.py:2 B: web-1 1, web-2 1\n" in lists(told)
    assert "  app.py:1 A -> app.py:2 B: web-1 1, web-2 1\n" in error  # standard output has the format only
    assert json.loads(data)[0]["processes"] == ["app.py (pid 0) on web-1 1", "app.py (pid 1) on web-2 1"]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
class TestVersions:
    """Which findings are new since the last version."""

    def test_a_finding_that_the_last_version_completes_is_new(self, url, push, lockdep):
        push(url, seen("1", "AB"), version="1.4")
        push(url, later(seen("2", "BA", "CD"), 2), version="1.5")

        told, _, _ = lockdep("report", "--store", url)

        assert ": new in 1.5\n" in lists(told)

    def test_a_finding_that_earlier_versions_show_together_is_known(self, url, push, lockdep):
        push(url, seen("1", "AB"), version="1.3")
        push(url, later(seen("2", "BA"), 2), version="1.4")
        push(url, later(seen("3", "AB", "BC"), 3), version="1.5")

        told, _, _ = lockdep("report", "--store", url)

        assert ": known before 1.5\n" in lists(told)

    def test_it_is_known_also_if_only_the_last_version_is_asked_for(self, url, push, lockdep):
        push(url, seen("1", "AB"), version="1.4")
        push(url, later(seen("2", "BA"), 1), version="1.4")
        for number, order in enumerate(("AB", "BA", "CD", "DC")):
            push(url, later(seen(f"r{number}", order), 2), version="1.5")

        told, _, _ = lockdep("report", "--store", url, "--version", "1.5")

        ages = [line.rpartition("]: ")[2] for line in lists(told).splitlines() if "]: " in line]
        assert ages == ["known before 1.5", "new in 1.5"]

    def test_a_finding_whose_lines_have_moved_is_known(self, url, push, lockdep):
        for number, order in enumerate(("AB", "BA")):
            push(url, seen(f"r{number}", order), version="1.4")
            push(url, later(moved(seen(f"s{number}", order)), 2), version="1.5")

        told, _, _ = lockdep("report", "--store", url, "--version", "1.5")

        assert ": known before 1.5, in other lines\n" in lists(told)

    def test_nothing_is_new_without_an_earlier_version(self, url, push, lockdep):
        push(url, seen("1", "AB"), "web-1")
        push(url, seen("2", "BA"), "web-2")

        told, _, _ = lockdep("report", "--store", url)

        assert "new in" not in told
        assert "known before" not in told


def later(snapshot: Snapshot, day: int) -> Snapshot:
    """Return a snapshot that was taken on another day of January."""
    data = snapshot.to_dict()
    for run in data["runs"]:
        run["taken"] = f"2026-01-{day:02}T00:00:00Z"
    return Snapshot.parse(json.dumps(data), "later")


def moved(snapshot: Snapshot) -> Snapshot:
    """Return a snapshot of the same program in which each lock is made some lines below."""
    return Snapshot.parse(snapshot.dumps().replace("app.py:", "app.py:4"), "moved")


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_only_what_is_asked_for_is_merged(url, push, lockdep):
    push(url, seen("1", "AB"), "web-1", "1.4")
    push(url, later(seen("2", "BA"), 20), "web-2", "1.5")
    push(url, seen("3", "BA"), "web-1", "1.4", project="other")

    def is_found(*choice: str) -> bool:
        _, error, status = lockdep("report", "--store", url, "--fail-on", "potential", *choice)
        assert status in (0, 66), error
        return bool(status)

    assert is_found("--project", "shop")
    assert is_found("--project", "shop", "--since", "2026-01-01")
    assert not is_found("--project", "shop", "--since", "2026-01-02T00:00")
    assert not is_found("--project", "shop", "--version", "1.5")
    assert not is_found("--project", "shop", "--host", "web-1")
    assert not is_found("--project", "other")


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_baseline_of_a_store_makes_its_findings_known(url, push, lockdep, tmp_path):
    push(url, seen("1", "AB"), "web-1")
    push(url, seen("2", "BA"), "web-2")
    path = tmp_path / "known.json"

    assert lockdep("baseline", "--store", url, "--output", path) == (f"{path}: 1 known finding\n", "", 0)

    (known,) = json.loads(path.read_text())["findings"]
    (found,) = seen("1", "AB").merge(seen("2", "BA")).findings
    assert known["id"] == found.id


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_parts_of_another_version_of_the_format_are_left_out_and_counted(url, push, lockdep):
    push(url, seen("1", "AB"), "web-1")
    push(url, seen("2", "BA"), "web-2")
    push(url, seen("3", "AB"), "web-3")
    change(url, "UPDATE lockdep_parts SET data = :data WHERE host = 'web-3'", data=b"no zlib data")

    told, error, status = lockdep("report", "--store", url, "--fail-on", "potential")

    assert status == 66
    assert "web-3" not in told
    assert error.startswith("lockdep: note: parts that cannot be read, and are left out: 1; the first: part ")


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_store_in_which_nothing_can_be_read_is_a_mistake_in_one_line(url, push, lockdep):
    push(url, seen("1", "AB"))
    change(url, "UPDATE lockdep_parts SET data = :data", data=b"")

    told, error, status = lockdep("report", "--store", url)

    assert (told, status, error.count("\n")) == ("", 2, 1)


@settings(max_examples=8)
@given(made=st.lists(snapshots(), min_size=3, max_size=3, unique_by=lambda one: one.runs[0].id))
def test_a_store_gives_the_merge_of_what_was_put_in_also_when_it_is_compact(
    made: list[Snapshot], tmp_path_factory: pytest.TempPathFactory
):
    store = store_at(str(tmp_path_factory.mktemp("store") / "fleet.db"))
    origins = [Origin("shop", "1", host) for host in ("web-1", "web-1", "web-2")]
    put_all(store, origins, made)

    before = gather(store, Choice())
    assert compact(store) == (2, 1)
    after = gather(store, Choice())

    assert before.snapshot == after.snapshot == Snapshot.merged(map(store_parts.placed, made, origins))
    assert (after.seen.runs, after.seen.findings) == (before.seen.runs, before.seen.findings)


def put_all(store: Store, origins: list[Origin], made: list[Snapshot]) -> None:
    """Store snapshots, each under its origin."""
    packed = [
        Parcel.of(origin, one.dumps().encode(), one.runs, "made") for origin, one in zip(origins, made, strict=True)
    ]
    store.write(lambda connection: [store_parts.put(connection, parcel) for parcel in packed])


def test_the_files_of_a_store_can_be_large(tmp_path: Path):
    path = tmp_path / "fleet.db"
    large = seen("1", *(f"{a}{b}" for a in "ABCDEFGHIJKLMNOP" for b in "abcdefghijklmnop"))
    parcel = Parcel.of(Origin("shop", "1", "web-1"), large.dumps().encode() + b" " * (1 << 20), large.runs, "made")
    store = store_at(str(path))
    store.write(lambda connection: store_parts.put(connection, parcel))

    assert set(gather(store, Choice()).snapshot.dependencies) == set(large.dependencies)
    assert path.stat().st_size < 1 << 17
