"""A fleet on one store: many processes on many hosts push what they have seen, and reports are made of it. By hand:

    python -m tests.bench.fleet [--url URL] [--processes 200] [--hosts 20] [--classes 400] [--days 1]

Each host is a process here, which pushes the snapshots of its processes one after the other, checked and packed before;
all hosts begin together.
The processes run one program: each has not used two of its twenty features, and two of these run in a pool of threads,
so that all snapshots differ. One process of the last day takes two locks the other way round. Further days repeat the
first one with other processes, on a version of their own. Without --url, the store is a file of SQLite in the folder
for temporary files. Times are those of the clock: the machine should do nothing else.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from time import perf_counter, process_time
from typing import Any

import lockdep
from lockdep.snapshots import files
from lockdep.store import parts
from lockdep.store.address import Address
from lockdep.store.compaction import compact
from lockdep.store.database import Store
from lockdep.store.fleet import Choice, Fleet, gather
from tests.bench.snapshots import learned, most_memory, with_thread
from tests.bench.table import Row, render_heading, render_rows

FEATURES, UNUSED, POOLED = 20, 2, (0, 1)
FIRST_DAY = 1_767_225_600  # 2026-01-01, in seconds
LIMIT = 3600  # seconds for one day
HOST = """
import sys
from tests.bench.fleet import Address, Store, packed, push_all
url, version, host, *paths = sys.argv[1:]
store, parcels = Store(Address.parse(url)), packed(version, host, paths)
print("ready", flush=True)
sys.stdin.read()
push_all(store, parcels)
print("done", flush=True)
"""


def write_day(document: dict[str, Any], folder: Path, day: int, processes: int, *, last: bool) -> list[Path]:
    """Write the snapshots of a day, and return their paths."""
    written = []
    for number in range(processes):
        random = Random(day * processes + number)
        made = one_process(document, random, day, number)
        if last and number == processes - 1:
            made["dependencies"][0] = turned(made["dependencies"][0])
        path = folder / f"{day}-{number}.json"
        path.write_text(json.dumps(made, ensure_ascii=False, separators=(",", ":")))
        written.append(path)
    return written


def one_process(document: dict[str, Any], random: Random, day: int, number: int) -> dict[str, Any]:
    """Return what one process of the program has seen."""
    names = [record["name"] for record in document["classes"]]
    feature = {name: at * FEATURES // len(names) for at, name in enumerate(names)}
    unused = set(random.sample(range(1, FEATURES), UNUSED))
    taken = time.strftime(parts.TIME, time.gmtime(FIRST_DAY + day * 86400 + number))
    run = dict(document["runs"][0], id=f"{random.getrandbits(64):016x}", pid=number, label="service", taken=taken)
    rows = [row for row in document["dependencies"] if feature[row["prev"]] not in unused]
    seen = [with_thread(row, random) if feature[row["prev"]] in POOLED else row for row in rows]
    return dict(document, runs=[run], dependencies=seen)


def turned(row: dict[str, Any]) -> dict[str, Any]:
    """Return the dependency the other way round."""
    return {**row, "prev": row["next"], "next": row["prev"]}


def packed(version: str, host: str, paths: list[str]) -> list[parts.Parcel]:
    """Check and pack the files of a host."""
    origin = parts.Origin("service", version, host)
    texts = [Path(path).read_bytes() for path in paths]
    return [parts.Parcel.of(origin, text, files.parse_rows(text, "made").runs, "made") for text in texts]


def push_all(store: Store, parcels: list[parts.Parcel]) -> None:
    """Store what is packed, each in a transaction and on a connection of its own, as processes do."""
    for parcel in parcels:
        store.write(lambda connection, parcel=parcel: parts.put(connection, parcel))  # type: ignore[misc]


def push_day(url: str, day: int, hosts: int, paths: list[Path]) -> float:
    """Have all hosts push their files at once; return the seconds until the last one has."""
    shares = [paths[at::hosts] for at in range(hosts)]
    started = [
        subprocess.Popen(
            [sys.executable, "-c", HOST, url, f"1.{day}", f"host-{at:02}", *map(str, share)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        for at, share in enumerate(shares)
    ]  # fmt: skip
    wait_for(b"ready\n", started)
    begin = perf_counter()
    for one in started:
        assert one.stdin is not None
        one.stdin.close()
    wait_for(b"done\n", started)
    seconds = perf_counter() - begin
    assert [one.wait(LIMIT) for one in started] == [0] * hosts
    return seconds


def wait_for(line: bytes, started: list[subprocess.Popen[bytes]]) -> None:
    """Wait until each process has printed this line."""
    for one in started:
        assert one.stdout is not None
        assert one.stdout.readline() == line


def size_of(store: Store) -> int:
    """Return the bytes of all parts, or of the file."""
    from sqlalchemy import text

    if store.address.path is not None:
        return Path(store.address.path).stat().st_size
    with store.reading() as connection:
        query = "SELECT sum(pg_total_relation_size(c)) FROM unnest(ARRAY['lockdep_parts', 'lockdep_runs']) c"
        return int(connection.execute(text(query)).scalar_one())


def rows(url: str, given: argparse.Namespace) -> Iterator[Row]:
    """Yield what is measured."""
    with lockdep.use(learned(given.classes)):
        document = lockdep.snapshot().to_dict()
    store = Store(Address.parse(url))
    hosts = min(given.hosts, given.processes)
    for day in range(given.days):
        with tempfile.TemporaryDirectory() as folder:
            paths = write_day(document, Path(folder), day, given.processes, last=day == given.days - 1)
            total = sum(path.stat().st_size for path in paths)
            busy = process_time()
            packed("1", "host", [str(paths[0])])
            yield Row("check and pack one file", process_time() - busy, "s of CPU")
            seconds = push_day(url, day, hosts, paths)
            note = f"{total / len(paths) / 1000:.0f} kB each, {seconds:.1f} s in all"
            yield Row(f"day {day}: pushes of {hosts} hosts at once", len(paths) / seconds, "/s", note=note)
            if day == given.days - 1:
                seconds = push_day(url, day, hosts, paths)
                yield Row("the same files again", len(paths) / seconds, "/s", note="nothing is written")
    count = given.processes * given.days
    yield Row("size of the store", size_of(store) / 1e6, "MB", note=f"{size_of(store) / count / 1000:.1f} kB a process")
    yield from reports(store, count)
    begin = perf_counter()
    before, after = compact(store)
    yield Row(f"compact {before} parts to {after}", perf_counter() - begin, "s")
    yield from reports(store, after)
    begin = perf_counter()
    removed, _ = store.write(lambda connection: prune_half(connection, given.days))
    yield Row(f"remove {removed} of them", perf_counter() - begin, "s")


def prune_half(connection: Any, days: int) -> tuple[int, int]:
    from lockdep.store.retention import prune

    return prune(connection, time.strftime(parts.TIME, time.gmtime(FIRST_DAY + days * 43200)))


def reports(store: Store, count: int) -> Iterator[Row]:
    """Yield how long reports take, and check that they show the half that one process has turned."""
    begin, busy = perf_counter(), process_time()
    fleet = gather(store, Choice())
    note = f"{process_time() - busy:.1f} s of CPU, {most_memory():.0f} MB"
    yield Row(f"merge all {count} parts, with cycles", perf_counter() - begin, "s", note=note)
    check(fleet)
    begin = perf_counter()
    gather(store, Choice(host="host-00"))
    yield Row("those of one host, with what was known before", perf_counter() - begin, "s")


def check(fleet: Fleet) -> None:
    """One finding, whose second half one process on one host gave."""
    (found,) = fleet.snapshot.findings
    assert fleet.age(found) == "new" or fleet.earlier is None
    assert min(len(origins) for _, origins in fleet.halves(found)) == 1


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.fleet")
    parser.add_argument("--url", help="an empty store; a file that is removed in the end if there is none")
    for name, value in (("processes", 200), ("hosts", 20), ("classes", 400), ("days", 1)):
        parser.add_argument(f"--{name}", type=int, default=value)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(render_heading())
        for row in rows(given.url or str(Path(folder, "fleet.db")), given):
            print(*render_rows([row]), flush=True)


if __name__ == "__main__":
    main()
