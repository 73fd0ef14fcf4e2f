"""The lock_stat table: the kernel's columns and layout, most contended first; then medians and 99th percentiles.

Times are in microseconds. Below a contended class come the places of the waiters, and then those of the holders;
then the waits and holds that had not ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from lockdep.snapshots.lock_statistics import ClassStatistics, Durations

DURATIONS = ("min", "max", "total", "avg")
COLUMNS = (
    "con-bounces", "contentions", *(f"waittime-{what}" for what in DURATIONS), "acq-bounces", "acquisitions",
    *(f"holdtime-{what}" for what in DURATIONS), "waittime-p50", "waittime-p99", "holdtime-p50", "holdtime-p99",
)  # fmt: skip
SORTS: dict[str, Callable[[ClassStatistics], float]] = {
    "contentions": lambda stat: stat.contentions,
    "acquisitions": lambda stat: stat.acquisitions,
    "bounces": lambda stat: stat.bounces,
    "wait": lambda stat: stat.wait.total_ns if stat.wait else 0,
    "wait-max": lambda stat: stat.wait.max_ns if stat.wait else 0,
    "hold": lambda stat: stat.hold.total_ns if stat.hold else 0,
    "hold-max": lambda stat: stat.hold.max_ns if stat.hold else 0,
}
MOST_CONTENDED = 10  # number of classes in the table at the end of a run
WIDTH = 14
NARROWEST, WIDEST = 40, 72
NOW = ("still waiting:", "still held:")  # before waits and holds that have not ended


def render_lock_stat(
    stats: Iterable[ClassStatistics], *, sort: str = "contentions", top: int | None = None, points: int = 4
) -> str:
    """Return the table: the first `top` classes by one of SORTS, with `points` places for each (0 for all)."""
    chosen = sorted(stats, key=lambda stat: (-SORTS[sort](stat), -stat.acquisitions, stat.name, stat.read))[:top]
    both = {stat.name for stat in chosen if stat.read}
    names = {id(stat): row_name(stat, both) for stat in chosen}
    width = min(WIDEST, max([NARROWEST, *(len(name) + 1 for name in names.values())]))
    rule = "-" * (width + 1 + (WIDTH + 1) * len(COLUMNS))
    lines = ["lock_stat version 0.4", rule]
    lines += [" ".join(["class name".rjust(width), *(column.rjust(WIDTH) for column in COLUMNS)]), rule, ""]
    for stat in chosen:
        lines.append(row(names[id(stat)], stat, width))
        if stat.contention_points or stat.contending_points or stat.waiting_now or stat.holding_now:
            lines += point_lines(stat, names[id(stat)], width, points)
            lines += ["", "." * len(rule), ""]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def row_name(stat: ClassStatistics, both: set[str]) -> str:
    """Return the name of a row, with -R or -W if the class was taken both for reading and for writing."""
    return f"{stat.name}-R" if stat.read else f"{stat.name}-W" if stat.name in both else stat.name


def row(name: str, stat: ClassStatistics, width: int) -> str:
    cells = [str(stat.contention_bounces), str(stat.contentions), *duration_cells(stat.wait)]
    cells += [str(stat.bounces), str(stat.acquisitions), *duration_cells(stat.hold)]
    cells += [text for found in (stat.wait, stat.hold) for text in percentiles(found)]
    return " ".join([f"{shortened(name, width - 1)}:".rjust(width), *(cell.rjust(WIDTH) for cell in cells)])


def shortened(name: str, width: int) -> str:
    return name if len(name) <= width else "..." + name[3 - width :]


def duration_cells(found: Durations | None) -> list[str]:
    if found is None:
        return ["0.00"] * len(DURATIONS)
    return [microseconds(ns) for ns in (found.min_ns, found.max_ns, found.total_ns, found.total_ns / found.count)]


def percentiles(found: Durations | None) -> list[str]:
    return ["0.00", "0.00"] if found is None else [microseconds(percentile(found, part)) for part in (0.50, 0.99)]


def percentile(found: Durations, part: float) -> float:
    """Return the upper bound of the bucket that holds this percentile, at most the longest time."""
    left = part * found.count
    for bound, count in found.histogram:
        left -= count
        if left <= 0:
            return min(bound, found.max_ns)
    return found.max_ns


def microseconds(ns: float) -> str:
    return f"{ns / 1000:.2f}"


def point_lines(stat: ClassStatistics, name: str, width: int, most: int) -> list[str]:
    """Return the lines with the places of waiters and of holders."""
    lines: list[str] = []
    now = [flagged(NOW[0], stat.waiting_now), flagged(NOW[1], stat.holding_now)]
    for places in (stat.contention_points, stat.contending_points, *filter(None, now)):
        lines.append(" " * (width - len(shortened(name, width - 1))) + "-" * min(len(name), width - 1))
        lines += place_lines(name, places, width, most)
    return lines


def flagged(flag: str, places: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Return places with words before each."""
    return [(f"{flag} {place}", count) for place, count in places]


def place_lines(name: str, places: Sequence[tuple[str, int]], width: int, most: int) -> list[str]:
    ordered = sorted(places, key=lambda pair: (-pair[1], pair[0]))
    shown = ordered if most == 0 else ordered[:most]
    lines = [f"{shortened(name, width - 1).rjust(width)} {count:>{WIDTH}}  {place}" for place, count in shown]
    left = sum(count for _, count in ordered[len(shown) :])
    return [*lines, f"{'':>{width}} {left:>{WIDTH}}  at {len(ordered) - len(shown)} more places"] if left else lines
