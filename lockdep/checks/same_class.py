"""Locks of one class held together, judged by instances: both orders of a pair, or a ring, is a finding."""

from __future__ import annotations

from lockdep.dependency import Witness


class InstanceOrder:
    """The orders in which instances of one class were taken: at most `most` pairs, then it learns no more."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.count = 0
        self.after: dict[int, dict[int, Witness]] = {}

    @property
    def saturated(self) -> bool:
        """Whether pairs are no longer recorded."""
        return self.count >= self.most

    def knows(self, prev: int, next_: int) -> bool:
        """Return whether this pair was judged before."""
        return next_ in self.after.get(prev, ())

    def mark_seen(self, witness: Witness) -> None:
        """Record that next was taken while prev was held."""
        if not self.saturated:
            self.after.setdefault(witness.prev_serial, {})[witness.next_serial] = witness
            self.count += 1


def check_same_class(order: InstanceOrder, new: Witness) -> tuple[Witness, ...] | None:
    """Return the ring of observations that `new` closes, new last, or None. Depth-first over the recorded pairs."""
    came: dict[int, Witness] = {}
    stack = [new.next_serial]
    while stack:
        at = stack.pop()
        for next_, witness in order.after.get(at, {}).items():
            if next_ in came:
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
