"""Lock statistics: which locks are taken, waited for and held, how often and for how long (kernel: lock_stat).

Acquisitions, contentions and bounces are always counted. Times are measured between `start` and `stop`, which costs two
readings of the clock for each acquisition. A hold that began before `start` has no time. Waits that have not ended yet
count with their time until now, also while no times are measured.
"""

from __future__ import annotations

import threading
from dataclasses import replace

from lockdep import fastpath, runtime
from lockdep.fastpath import Tally
from lockdep.snapshots.lock_statistics import ClassStatistics, Durations, together
from lockdep.validator.validator import Validator
from lockdep.waits.held import thread_name
from lockdep.waits.progress import NOTHING, Progress, in_progress

ENDED = "threads that have ended"
COMPILED = fastpath.BUILD == "compiled"


def start() -> None:
    """Measure times from now on."""
    fastpath.switch_stat(True)


def stop() -> None:
    """Measure no more times. The numbers so far stay."""
    fastpath.switch_stat(False)


def clear() -> None:
    """Set all numbers to zero."""
    fastpath.clear_tallies()
    runtime.validator().points.clear()


def lock_stats(validator: Validator | None = None) -> tuple[ClassStatistics, ...]:
    """Return the statistics of each class that was ever taken; reads and writes are separate.

    The numbers belong to the process. The places that waited or were waited for belong to a validator, by default the
    one in force. Cost: O(classes + classes used by each thread).
    """
    chosen = runtime.validator() if validator is None else validator
    shares, now = counts_by_thread(), in_progress()
    chosen.points.add_times()
    found = []
    for tally in [one for one in fastpath.tallies() if one.lock_class is not None]:  # None: not tracked
        bounces = sum(shares.get(tally.number + 1, {}).values()) if COMPILED else tally.bounced
        stat = class_stat(tally, chosen, shares.get(tally.number, {}), bounces)
        if stat.acquisitions or stat.contentions:
            found.append(with_progress(stat, now.get((stat.name, stat.read), NOTHING)))
    return tuple(sorted(found, key=lambda stat: (-stat.contentions, -stat.acquisitions, stat.name, stat.read)))


def with_progress(stat: ClassStatistics, now: Progress) -> ClassStatistics:
    """Return the statistics of a class together with its waits and holds that have not ended yet."""
    if now is NOTHING:
        return stat
    lasting = Durations(len(now.waits), sum(now.waits), min(now.waits), max(now.waits)) if now.waits else None
    return replace(
        stat,
        wait=together(stat.wait, lasting),
        waiting_now=tuple(sorted(now.waiting.items())),
        holding_now=tuple(sorted(now.holding.items())),
    )


def counts_by_thread() -> dict[int, dict[str, int]]:
    """Return what each thread has counted, by number of the Tally and name of the thread. Empty in the pure build."""
    counted = [(ENDED, fastpath.counted_by_ended())]
    counted += [(thread_label(state.ident, thread_name(state)), state.counted()) for state in fastpath.threads()]
    found: dict[int, dict[str, int]] = {}
    for name, pairs in counted:
        for number, count in pairs:
            shares = found.setdefault(number, {})
            shares[name] = shares.get(name, 0) + count
    return found


def thread_label(ident: int, name: str) -> str:
    """Return the name of a thread, or one name for all those that have ended."""
    return name if ident in threading._active else ENDED  # type: ignore[attr-defined]


def class_stat(tally: Tally, validator: Validator, shares: dict[str, int], bounces: int) -> ClassStatistics:
    assert tally.lock_class is not None
    places = validator.points.of(tally.number)
    wait, hold = (Durations(*numbers[:4], tuple(numbers[4])) if numbers[0] else None for numbers in tally.times())
    return ClassStatistics(
        name=tally.lock_class.name,
        kind=tally.lock_class.kind,
        read=tally.read,
        acquisitions=sum(shares.values()) if COMPILED else tally.count,
        contentions=tally.contended,
        bounces=bounces,
        contention_bounces=tally.contended_bounces,
        timeouts=tally.timeouts,
        wait=wait,
        hold=hold,
        contention_points=places.waiting,
        contending_points=places.holding,
        threads=tuple(sorted(shares.items())),
        waited_at=places.times_waiting,
        waited_behind=places.times_behind,
    )
