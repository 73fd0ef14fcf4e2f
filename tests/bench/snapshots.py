"""Snapshots of a large program, 10,000 classes and 50,000 dependencies: taking, saving, and merging a hundred of them.

The times are those of the processor. The hundred runs are of one program: each has not used two of its twenty features,
and two of these run in a pool of four threads.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from time import process_time
from typing import Any

import lockdep
from lockdep.snapshots import files
from lockdep.snapshots.snapshot import Snapshot
from tests.bench.made import locks_of_classes
from tests.bench.table import Row

CLASSES, NEIGHBOURS = 10_000, 5
RUNS, FEATURES, POOLED = 100, 20, (0, 1)
MERGE_LIMIT = 900  # seconds


def learned(classes: int = CLASSES) -> lockdep.Validator:
    """Return a validator that has seen each lock held while each of the next five was taken."""
    from lockdep import threading as validated

    validator = lockdep.Validator()
    with lockdep.use(validator):
        locks = locks_of_classes(validated.Lock, classes, "snapshots")
        for at in range(classes - NEIGHBOURS):
            for further in range(1, NEIGHBOURS + 1):
                with locks[at], locks[at + further]:
                    pass
        validator.collect()
    return validator


def best_of(count: int, action: Callable[[], object]) -> float:
    """Return the shortest time in seconds."""
    times = []
    for _ in range(count):
        begin = process_time()
        action()
        times.append(process_time() - begin)
    return min(times)


def write_runs(document: dict[str, Any], folder: Path) -> None:
    """Write the snapshot of each run, made from that of one."""
    for number in range(RUNS):
        random = Random(number)
        unused = {random.randrange(FEATURES), random.randrange(FEATURES)}
        run = dict(document["runs"][0], id=f"{number:016x}", pid=number, label=f"worker {number}")
        feature = {record["name"]: at * FEATURES // CLASSES for at, record in enumerate(document["classes"])}
        rows = [row for row in document["dependencies"] if feature[row["prev"]] not in unused]
        seen = [with_thread(row, random) if feature[row["prev"]] in POOLED else row for row in rows]
        one = dict(document, runs=[run], dependencies=seen)
        (folder / f"{number:03}.json").write_text(json.dumps(one, ensure_ascii=False, separators=(",", ":")))


def with_thread(row: dict[str, Any], random: Random) -> dict[str, Any]:
    (kind,) = row["kinds"]
    witnesses = [dict(witness, thread=f"pool_{random.randrange(4)}") for witness in kind["witnesses"]]
    return dict(row, kinds=[dict(kind, witnesses=witnesses)])


def merge(folder: str) -> tuple[float, float]:
    """Merge all files of a folder; return the seconds and the MB that this takes, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.snapshots", folder], check=True, capture_output=True, text=True,
        timeout=MERGE_LIMIT,
    )  # fmt: skip
    seconds, size = map(float, done.stdout.split())
    return seconds, size


def most_memory() -> float:
    """Return the most MB that this process has had; getrusage would count those of its parent, too."""
    (line,) = (one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def rows() -> Iterator[Row]:
    validator = learned()
    reader = "json" if files.fast_rows() is None else "msgspec"
    with lockdep.use(validator), tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "one.json")
        yield Row("take a snapshot", best_of(4, lockdep.snapshot), "s", 0.4, "10,000 classes, 50,000 dependencies")
        taken = lockdep.snapshot()
        yield Row("save it", best_of(4, lambda: taken.save(path)), "s", 0.2, reader)
        document = json.loads(path.read_text())
        path.unlink()
        write_runs(document, Path(folder))
        seconds, size = merge(folder)
        yield Row(f"merge {RUNS} of them", seconds, "s", 20, reader)
        yield Row(f"merge {RUNS} of them, memory", size, "MB", 200, reader)


if __name__ == "__main__":
    begin = process_time()
    Snapshot.merged(map(Snapshot.for_merging, sorted(Path(sys.argv[1]).iterdir())))
    print(process_time() - begin, most_memory())
