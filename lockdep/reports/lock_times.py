"""Lock statistics for a terminal of 80 columns: each lock with its times, and below it who waited where, behind whom.

The longest and the total time of waits and of holds have a unit. The table in the kernel's layout is in lock_stat.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from lockdep.reports.lock_stat import SORTS, row_name, shortened
from lockdep.snapshots.lock_statistics import ClassStatistics, Counts, Durations

WIDTH = 80
COLUMNS = ("taken", "waits", "waited", "longest", "held", "longest")
CELL = 7  # characters of a column
NAME = WIDTH - (CELL + 1) * len(COLUMNS)  # characters of a name
PLACE = WIDTH - 34  # characters of a place
SHORTEST = 20  # characters of a place after the name of a thread
UNITS = ((1e9, "s"), (1e6, "ms"), (1e3, "us"), (1, "ns"))


def render_lock_times(
    stats: Iterable[ClassStatistics], *, sort: str = "contentions", top: int | None = None, points: int = 4
) -> str:
    """Return the table: the first `top` classes by one of lock_stat.SORTS, with `points` places for each (0: all)."""
    chosen = sorted(stats, key=lambda stat: (-SORTS[sort](stat), -stat.acquisitions, stat.name, stat.read))[:top]
    both = {stat.name for stat in chosen if stat.read}
    lines = [line("lock", COLUMNS), "-" * WIDTH]
    for stat in chosen:
        lines += [*row(row_name(stat, both), stat), *places(stat, points)]
    return "".join(f"{one.rstrip()}\n" for one in lines)


def row(name: str, stat: ClassStatistics) -> list[str]:
    """Return a lock and its numbers; a name that is too long has a line of its own."""
    cells = [str(stat.acquisitions), str(stat.contentions), *times(stat.wait), *times(stat.hold)]
    return [line(name, cells)] if len(name) <= NAME else [shortened(name, WIDTH), line("", cells)]


def line(name: str, cells: Sequence[str]) -> str:
    return f"{name:<{NAME}}" + "".join(f" {cell:>{CELL}}" for cell in cells)


def times(found: Durations | None) -> tuple[str, str]:
    """Return the total and the longest time."""
    return ("", "") if found is None or not found.count else (time_text(found.total_ns), time_text(found.max_ns))


def time_text(ns: float) -> str:
    """Return a time with three digits and its unit."""
    size, unit = next((one for one in UNITS if ns >= one[0]), UNITS[-1])
    value = ns / size
    return f"{value:.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"


def places(stat: ClassStatistics, most: int) -> Iterator[str]:
    """Yield where threads had to wait, where the holders in their way had taken the lock, and what goes on now."""
    for words, counts, waited in (
        ("waited at", stat.contention_points, stat.waited_at),
        ("held by", stat.contending_points, stat.waited_behind),
        ("waiting now", stat.waiting_now, ()),
        ("held now", stat.holding_now, ()),
    ):
        yield from group(words, counts, dict(waited), most)


def within(place: str) -> str:
    """Return a place that fits, with the words before it: who stands there, and `taken at`."""
    who, at, where = place.rpartition(" at ")
    return f"{who}{at}{shortened(where, max(PLACE - len(who + at), SHORTEST))}"


def group(words: str, counts: Counts, waited: Mapping[str, int], most: int) -> Iterator[str]:
    """Yield the places of one kind, most frequent first, with how long was waited there, and how many are left out."""
    ordered = sorted(counts, key=lambda pair: (-pair[1], pair[0]))
    shown = ordered if most == 0 else ordered[:most]
    for at, (place, count) in enumerate(shown):
        time = time_text(waited[place]) if place in waited else ""
        first, *others = [place] if len(place) <= PLACE else place.split(", ")
        yield f"    {'' if at else words:<12} {count:>7} {time:>{CELL}}  {within(first)}"
        yield from (f"{'':{WIDTH - PLACE}}{within(one)}" for one in others)
    left = sum(count for _, count in ordered[len(shown) :])
    if left:
        yield f"    {'':<12} {left:>7} {'':>{CELL}}  at {len(ordered) - len(shown)} more places"
