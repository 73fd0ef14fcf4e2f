"""The path of one acquisition through the source, in the pure build: calls, files, rooms and changes of room.

The acquisition is the one that closes a cycle of two locks. Every Python function of lockdep that is called from
`acquire` until the report has been written to stderr, at the release of both locks, is recorded with sys.setprofile.
Resuming a generator counts as a call, as it does for the interpreter. A room is a package directly
below lockdep/, or a module there. A change of room is a call into another room than the call before it. The numbers say
how far a reader of the source has to walk; they are no measure of speed.

`python tests/bench/trip.py TREE` prints the numbers of another source tree, for example an older one.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.bench.table import Row

HERE = Path(__file__).resolve().parent


def rows() -> Iterator[Row]:
    """Yield a row for each number, without a target."""
    from tests.bench.table import Row  # here, because table imports the lockdep of this tree

    for what, number, note in measure(HERE.parent.parent):
        yield Row(f"closing acquisition, {what}", number, "", note=note)


def measure(tree: Path) -> list[tuple[str, int, str]]:
    """Return (what, number, note) for each number, measured with the lockdep package of the tree."""
    called = calls(tree)
    rooms = [room(path) for path in called]
    changes = sum(before != after for before, after in pairwise(rooms))
    return [
        ("calls", len(called), ""),
        ("files", len(set(called)), ""),
        ("rooms", len(set(rooms)), " ".join(sorted(set(rooms)))),
        ("changes of room", changes, ""),
    ]


def calls(tree: Path) -> list[str]:
    """Return the file of each lockdep function that was called, in order, relative to the tree's lockdep/."""
    environment = {**os.environ, "LOCKDEP_PURE": "1", "PYTHONPATH": str(tree)}
    command = [sys.executable, str(HERE / "trip_program.py")]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    if "possible circular locking dependency" not in done.stderr:
        raise RuntimeError(f"the acquisition was not reported:\n{done.stderr}")
    home = f"{tree / 'lockdep'}{os.sep}"
    return [path.removeprefix(home) for path in done.stdout.splitlines() if path.startswith(home)]


def room(path: str) -> str:
    return path.partition(os.sep)[0].removesuffix(".py")


if __name__ == "__main__":
    for what, number, note in measure(Path(sys.argv[1]).resolve()):
        print(number, what, note)
