"""The orders in which instances of one class were nested, and the rings among them."""

from __future__ import annotations

from lockdep import fastpath
from lockdep.graph.dependency import Witness
from lockdep.vocabulary.kinds import TIMED

SeenPair = tuple[int, Witness]  # the kind, and the observation
FEW_PAIRS = 64  # of each class: so many are kept whether their instances live or not


class InstanceOrder:
    """The orders in which instances of one class were taken. It records at most `most` pairs.

    An instance that has died can be part of no ring any more, so its pairs are dropped, before they become many.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.count = 0
        self.after: dict[int, dict[int, SeenPair]] = {}
        self._died: dict[int, int] = {}
        self._news = self._kept = 0  # new pairs since the dead were dropped, and pairs that were kept then

    @property
    def saturated(self) -> bool:
        """Whether the limit is reached, so that new pairs are not recorded."""
        return self.count >= self.most

    def knows(self, prev: int, next_: int, kind: int) -> bool:
        """Return whether this pair was recorded before, in the same kind or without a timeout."""
        seen = self.after.get(prev, {}).get(next_)
        return seen is not None and (bool(kind & TIMED) or not seen[0] & TIMED)

    def mark_seen(self, kind: int, witness: Witness) -> None:
        """Record that next was taken while prev was held. A wait without a timeout replaces one with a timeout."""
        known = witness.next_serial in self.after.get(witness.prev_serial, ())
        self._news += not known
        if self._news > max(FEW_PAIRS, self._kept):
            self._drop_dead()
        if known or not self.saturated:
            for serial in (witness.prev_serial, witness.next_serial):
                fastpath.note_death(serial, self._died)
            self.after.setdefault(witness.prev_serial, {})[witness.next_serial] = (kind, witness)
            self.count += not known

    def _drop_dead(self) -> None:
        """Drop the pairs of instances that have died. Cost: O(pairs), once for as many new ones."""
        died, self._died = self._died, {}
        rows = [(prev, row) for prev, row in self.after.items() if prev not in died]
        kept = {prev: {next_: pair for next_, pair in row.items() if next_ not in died} for prev, row in rows}
        self.after = {prev: row for prev, row in kept.items() if row}
        self.count = sum(map(len, self.after.values()))
        self._kept, self._news = self.count, 0


def find_ring(order: InstanceOrder, new: Witness, *, timed: bool) -> tuple[Witness, ...] | None:
    """Return a ring that the new pair closes, or None if it closes none. Timed pairs are used only if `timed`.

    Depth-first search. Cost: O(pairs).
    """
    came: dict[int, Witness] = {}
    stack = [new.next_serial]
    while stack:
        at = stack.pop()
        for next_, (kind, witness) in order.after.get(at, {}).items():
            if next_ in came or (kind & TIMED and not timed):
                continue
            came[next_] = witness
            if next_ == new.prev_serial:
                return (*ring_to(came, new), new)
            stack.append(next_)
    return None


def ring_to(came: dict[int, Witness], new: Witness) -> list[Witness]:
    ring: list[Witness] = []
    at = new.prev_serial
    while at != new.next_serial:
        ring.append(came[at])
        at = came[at].prev_serial
    ring.reverse()
    return ring
