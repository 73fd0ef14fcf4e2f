"""Lock classes as the kernel's /proc/lockdep lists them: counts of reachable classes, usage, direct successors.

FD and BD count the classes that can be reached forwards and backwards, including the class itself. Instead of the
kernel's address, a short hash of the name is printed, which is the same in every run.
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
    """Return the list of the classes with wanted names, sorted by one of SORTS, the first `top` of them."""
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
    """Return the short hash that is printed in place of the address of a class's key."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]
