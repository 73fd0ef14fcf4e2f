"""Waits and holds that have not ended yet, for statistics: how long, where, and by whom.

Cost: that of the picture of all threads, see waiting.py.
"""

from __future__ import annotations

from collections import Counter

from lockdep.waits.views import WaitingThread
from lockdep.waits.waiting import waiting


class Progress:
    """What goes on with the locks of one class: how long waits last (ns), where they wait, and who holds one."""

    __slots__ = ("holding", "waiting", "waits")

    def __init__(self) -> None:
        self.waits: list[int] = []
        self.waiting: Counter[str] = Counter()
        self.holding: Counter[str] = Counter()


NOTHING = Progress()
Key = tuple[str, bool]  # the name of a class, and whether its locks are taken for reading


def in_progress() -> dict[Key, Progress]:
    """Return what goes on at this moment."""
    found: dict[Key, Progress] = {}
    for thread in waiting().threads:
        note(thread, found)
    return found


def note(thread: WaitingThread, found: dict[Key, Progress]) -> None:
    """Add what one thread waits for and holds."""
    wait = thread.waits
    if wait is not None and wait.lock:
        progress = found.setdefault((wait.lock, wait.read), Progress())
        progress.waits.append(round(wait.seconds * 1e9))
        progress.waiting[thread.place or "an unknown place"] += 1
    for held in thread.held:
        progress = found.setdefault((held.lock, held.read), Progress())
        taken = f", taken at {held.place}" if held.place else ""
        progress.holding[f"{thread.name} at {thread.place or 'an unknown place'}{taken}"] += 1
