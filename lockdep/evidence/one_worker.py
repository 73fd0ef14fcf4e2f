"""One worker: work items of a pool that may have only one thread never run at the same time."""

from __future__ import annotations

from collections.abc import Sequence

from lockdep.evidence.excuse import ChosenWitness, Excuse
from lockdep.graph.classes import LockClass


def find_one_worker(steps: Sequence[ChosenWitness], _classes: Sequence[LockClass]) -> Excuse | None:
    """Return an excuse if all sides belong to one pool with one worker."""
    pools = {None if witness.within is None else witness.within.pool for _, witness in steps}
    pool = pools.pop()
    if pools or pool is None or pool.workers != 1:
        return None
    return Excuse("one worker", f"all of it is done by the only worker of a {pool.name}")
