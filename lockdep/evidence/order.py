"""Order: one side of a cycle has surely ended before the other began. It lowers a grade, and never excuses.

Tests start and join their threads one after the other, and the next run of the program may hand over in another order.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

from lockdep.evidence.excuse import ChosenWitness
from lockdep.graph.dependency import Witness

STARTED, ENDED = "start", "join"  # how a moment is handed on from a run to another; other words are hand-offs


def find_order(steps: Sequence[ChosenWitness]) -> str | None:
    """Return in words why two sides of a cycle did not happen at the same time; None if nothing says so."""
    pairs = [(first, second) for (_, first), (_, second) in permutations(steps, 2) if is_later(first, second)]
    for first, second in pairs:
        moment, by = second.clock.known.get(first.actor, (0, ""))
        if moment >= first.stamp:
            return in_words(first, second, moment, by)
    for first, second in pairs:
        if first.stamp <= second.clock.dropped:
            return f"{second.thread} has waited for too many others to know which of them had ended before"
    return None


def is_later(first: Witness, second: Witness) -> bool:
    """Return whether the second one came later, in another thread."""
    return 0 < first.stamp < second.stamp and first.thread_serial != second.thread_serial


def in_words(first: Witness, second: Witness, moment: int, by: str) -> str:
    """Return how the first one came before the second one, which learned of this `moment` of the first one's run."""
    if by not in (STARTED, ENDED):
        return f"{by} orders them: {first.thread} before {second.thread}"
    done = "had ended" if by == ENDED else "had done this"
    if second.within is not None and moment <= second.within.born:
        return f"the second was started after the first {done}"
    return f"{second.thread} came here after {first.thread} {done}"
