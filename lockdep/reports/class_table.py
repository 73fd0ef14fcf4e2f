"""Lock classes as the kernel's /proc/lockdep lists them: what is within reach, the usage, what follows directly.

FD and BD count the classes that are reached forwards and backwards, the class itself included. In place of the
kernel's address stands a short hash of the name: the same in every run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from lockdep.snapshots.knots import reach, reversed_, successors
from lockdep.snapshots.records import ClassRecord

if TYPE_CHECKING:
    from lockdep.snapshots.snapshot import Snapshot

SORTS = ("name", "ops", "fd", "bd")


def render_classes(
    snapshot: Snapshot,
    *,
    sort: str = "name",
    top: int | None = None,
    wanted: Callable[[str], bool] = lambda _: True,
) -> str:
    """Return the list: the classes whose names are wanted, sorted by one of SORTS, `top` of them."""
    after = successors(snapshot.dependencies)
    forwards, backwards = reach(after), reach(reversed_(after))
    ranks: dict[str, Callable[[ClassRecord], int]] = {
        "name": lambda _: 0,
        "ops": lambda record: -record.ops,
        "fd": lambda record: -forwards.get(record.name, 1),
        "bd": lambda record: -backwards.get(record.name, 1),
    }
    chosen = sorted(
        (record for record in snapshot.classes if wanted(record.name)),
        key=lambda record: (ranks[sort](record), record.name),
    )
    lines = ["all lock classes:"]
    for record in chosen[:top]:
        name = record.name
        head = f"{key(name)} OPS:{record.ops:>8} FD:{forwards.get(name, 1):>5} BD:{backwards.get(name, 1):>5}"
        lines += [f"{head} {record.usage}: {name}", *successor_lines(after.get(name, ())), ""]
    return "\n".join(lines) + "\n"


def successor_lines(names: Sequence[str]) -> list[str]:
    return [f" -> [{key(name)}] {name}" for name in names]


def key(name: str) -> str:
    """Return what stands for a class where the kernel prints the address of its key."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]
