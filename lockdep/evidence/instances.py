"""The orders in which instances of one class were nested, and the rings among them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from lockdep import fastpath
from lockdep.evidence.excuse import ChosenWitness
from lockdep.graph.dependency import Witness
from lockdep.vocabulary.kinds import TIMED

MOST_SEEN = 4  # observations to keep of each pair
FEW_PAIRS = 64  # of each class: so many are kept whether their instances live or not


class Pair:
    """Two instances in the order in which they were taken. `crowded`: there were more observations than are kept."""

    __slots__ = ("crowded", "seen")

    def __init__(self) -> None:
        self.seen: list[ChosenWitness] = []
        self.crowded: bool = False

    @property
    def always_timed(self) -> bool:
        """Whether it was seen with a timeout only."""
        return all(kind & TIMED for kind, _ in self.seen)

    def add(self, kind: int, witness: Witness) -> bool:
        """Keep an observation, unless one says as much; return whether it was kept. An untimed one comes first."""
        same = [known for known in self.seen if known[0] == kind]
        if [known for _, known in same if known.covers(witness)]:
            return False
        if len(same) >= MOST_SEEN:
            for at, (known_kind, known) in enumerate(self.seen):
                if known_kind == kind and witness.stands_for(known) and not known.stands_for(witness):
                    self.seen[at] = (kind, witness)
                    return True
            self.crowded = self.crowded or not [known for _, known in same if known.stands_for(witness)]
            return False
        self.seen.append((kind, witness))
        self.seen.sort(key=lambda seen: seen[0] & TIMED)
        return True


class InstanceOrder:
    """The orders in which instances of one class were taken. It records at most `most` pairs.

    An instance that has died can be part of no ring any more, so its pairs are dropped, before they become many.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.count: int = 0
        self.after: dict[int, dict[int, Pair]] = {}
        self._died: dict[int, int] = {}
        self._news = self._kept = 0  # new pairs since the dead were dropped, and pairs that were kept then

    @property
    def saturated(self) -> bool:
        """Whether the limit is reached, so that new pairs are not recorded."""
        return self.count >= self.most

    def mark_seen(self, kind: int, witness: Witness) -> bool:
        """Record that next was taken while prev was held; return whether this says anything new."""
        pair = self.after.get(witness.prev_serial, {}).get(witness.next_serial)
        if pair is not None:
            return pair.add(kind, witness)
        self._news += 1
        if self._news > max(FEW_PAIRS, self._kept):
            self._drop_dead()
        if self.saturated:
            return True
        pair = Pair()
        pair.add(kind, witness)
        for serial in (witness.prev_serial, witness.next_serial):
            fastpath.note_death(serial, self._died)
        self.after.setdefault(witness.prev_serial, {})[witness.next_serial] = pair
        self.count += 1
        return True

    def find(self, witness: Witness) -> Pair | None:
        """Return the pair of this observation, or None if there was no room for it."""
        return self.after.get(witness.prev_serial, {}).get(witness.next_serial)

    def _drop_dead(self) -> None:
        """Drop the pairs of instances that have died. Cost: O(pairs), once for as many new ones."""
        died, self._died = self._died, {}
        rows = [(prev, row) for prev, row in self.after.items() if prev not in died]
        kept = {prev: {next_: pair for next_, pair in row.items() if next_ not in died} for prev, row in rows}
        self.after = {prev: row for prev, row in kept.items() if row}
        self.count = sum(map(len, self.after.values()))
        self._kept, self._news = self.count, 0


def find_ring(order: InstanceOrder, new: Witness, *, timed: bool) -> list[Pair] | None:
    """Return the pairs that lead from the end of a new one back to its beginning, as few as possible; None if none do.

    Pairs that were only seen with a timeout are used only if `timed`. Breadth-first search. Cost: O(pairs).
    """
    came: dict[int, tuple[int, Pair]] = {}
    queue = [new.next_serial]
    for at in queue:
        for next_, pair in order.after.get(at, {}).items():
            if next_ in came or (pair.always_timed and not timed):
                continue
            came[next_] = (at, pair)
            if next_ == new.prev_serial:
                return ring_to(came, new)
            queue.append(next_)
    return None


def ring_to(came: dict[int, tuple[int, Pair]], new: Witness) -> list[Pair]:
    ring: list[Pair] = []
    at = new.prev_serial
    while at != new.next_serial:
        at, pair = came[at]
        ring.append(pair)
    ring.reverse()
    return ring


def further_rings(order: InstanceOrder, new: Witness, budget: int) -> Iterator[list[Pair]]:
    """Yield the rings that a new pair closes and that pass no instance twice, until `budget` steps were made."""
    queue: deque[tuple[int, frozenset[int], list[Pair]]] = deque([(new.next_serial, frozenset([new.next_serial]), [])])
    while queue and budget:
        budget -= 1
        at, passed, ring = queue.popleft()
        for next_, pair in order.after.get(at, {}).items():
            if next_ == new.prev_serial:
                yield [*ring, pair]
            elif next_ not in passed:
                queue.append((next_, passed | {next_}, [*ring, pair]))
