"""What the starter of a run lends to it: the locks that it holds until the run has ended.

A run that was started under a loan may start another one: that is inside of both loans, if it has ended before the
first run has. So loans form chains, from the inner ones outwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lockdep.graph.classes import LockClass

Lent = tuple[LockClass, int, int]  # a held lock: its class, its serial and the mode in which it is held

MOST_LINKS = 8  # loans in a chain; a run that is further inside has no part in the outermost ones


class Loan:
    """Locks that the starter of a run holds: until the run has ended, unless it is found to release them before.

    `lender` is the serial of the starter's thread, `begin` and `end` are the moments of the start and of the wait for
    the end, 0 while there was none. `lost`: the starter held nothing in between. Only the outermost lock is surely held
    as long as the starter holds anything. The `inner` ones count when the wait has ended, and they are held then and
    were not taken again; each is kept with how often it had been taken. `times` says that of the outermost one.

    `outer` is the loan under which the starter itself runs, and `links` how many loans are outside of this one.
    `pending` counts the loans just inside of this one whose runs are not known to have ended. `runner` is the serial of
    the thread in which the run runs, 0 until it has begun.
    """

    __slots__ = ("begin", "end", "inner", "lender", "links", "locks", "lost", "outer", "pending", "runner", "times")

    def __init__(self, locks: Sequence[Lent], lender: int, begin: int, outer: Loan | None = None) -> None:
        self.locks: list[Lent] = list(locks[:1])
        self.times: int = times_taken(*locks[0][:2]) if locks else 0
        self.inner: list[tuple[Lent, int]] = [(lock, times_taken(*lock[:2])) for lock in locks[1:]]
        self.lender: int = lender
        self.begin: int = begin
        self.end: int = 0
        self.lost: bool = False
        self.outer: Loan | None = outer
        self.links: int = 0
        self.pending: int = 0
        self.runner: int = 0
        if outer is not None:
            self.links = outer.links + 1
            outer.pending += 1

    @property
    def can_be_outer(self) -> bool:
        """Whether a run that is started now, by one under this loan, may be guarded by it."""
        return not self.end and self.links < MOST_LINKS - 1 and any(loan.locks for loan in self.held())

    def close(self, held: Sequence[int], moment: int) -> bool:
        """Note that the starter has waited for the end, and holds the locks with these serials now, outermost first.

        If its outermost lock is another one, it has released the first one in between, as Condition.wait does. Return
        whether something that counted as lent is found not to have been held.
        """
        before = self.lost
        self.lost = self.lost or (bool(self.locks) and list(held[:1]) != [lock[1] for lock in self.locks])
        kept = (lock for lock, times in self.inner if lock[1] in held and times == times_taken(*lock[:2]) > 0)
        self.locks += kept
        self.end = moment
        if self.outer is not None:
            self.outer.pending -= 1
        return self.lost > before or self.pending > 0

    def keeps(self, serial: int) -> bool:
        """Return whether it has this lock, exclusively, and nobody has taken that again since the start.

        How often that was is not known of all locks. Of the outermost one it is known whether the starter has lost it.
        """
        lent = [*((lock, self.times) for lock in self.locks[:1]), *self.inner]
        for at, (lock, times) in enumerate(lent):
            if lock[1] == serial and not lock[2] & 3:
                return times == times_taken(*lock[:2]) > 0 or (at == 0 and not times and not self.lost)
        return False

    def chain(self) -> Iterator[Loan]:
        """Yield the loans that the run is under, from this one outwards: as far as each run has ended in time.

        One that goes on counts as one that will end before the run that has started it.
        """
        loan: Loan = self
        yield loan
        while loan.outer is not None and (not loan.outer.end or 0 < loan.end <= loan.outer.end):
            loan = loan.outer
            yield loan

    def held(self) -> Iterator[Loan]:
        """Yield the loans that the run is under, and whose locks are held."""
        return (loan for loan in self.chain() if not loan.lost)

    @property
    def is_open(self) -> bool:
        """Whether something may still be found not to be held."""
        return any(not loan.end for loan in self.chain())

    @property
    def is_broken(self) -> bool:
        """Whether something was found not to be held, of this loan or of those around it."""
        *_, last = self.chain()
        return last.outer is not None or any(loan.lost for loan in self.chain())


def times_taken(lock_class: LockClass, serial: int) -> int:
    """Return how often a lock was taken until now; 0 if it is not one of the few locks of its class that are known."""
    for entry in lock_class.base.entries.copy().values():
        for alive, _ in entry.takers.copy().values():
            lock = alive()
            if lock is not None and lock.serial == serial:
                return int(lock.acquisitions)
    return 0
