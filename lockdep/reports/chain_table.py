"""Lock chains as the kernel's /proc/lockdep_chains lists them: the context, then the locks, outermost first."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lockdep.reports.class_table import key
from lockdep.snapshots.records import ChainRecord

if TYPE_CHECKING:
    from lockdep.snapshots.snapshot import Snapshot

SORTS: dict[str, Callable[[ChainRecord], Any]] = {
    "name": lambda chain: chain,
    "depth": lambda chain: (-len(chain.locks), chain),
    "context": lambda chain: (not chain.context, chain.context, chain),
}


def render_chains(
    snapshot: Snapshot,
    *,
    sort: str = "name",
    top: int | None = None,
    wanted: Callable[[str], bool] = lambda _: True,
) -> str:
    """Return the list of the chains that contain a wanted lock, sorted by one of SORTS, the first `top` of them."""
    chosen = [chain for chain in snapshot.chains if any(wanted(name) for name, _ in chain.locks)]
    lines = ["all lock chains:"]
    for chain in sorted(chosen, key=SORTS[sort])[:top]:
        lines.append(f"irq_context: {chain.context or 0}")
        lines += [f"[{key(name)}] {name}{f' ({how})' if how else ''}" for name, how in chain.locks]
        lines.append("")
    return "\n".join(lines) + "\n"
