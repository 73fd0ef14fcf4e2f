"""A dependency: next was wanted while prev was held. It keeps a few witnesses of each kind in which it was seen.

The kind is a sum of bits from vocabulary/kinds.py: whether prev was held shared (SHARED), and whether next was taken as
a recursive reader (RECURSIVE), with a timeout (TIMED), or by a run that was waited for (WAIT). With EVENT, prev is an
event that others wait for, and next was held when it was signalled.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lockdep.graph.classes import LockClass
from lockdep.graph.clock import START, Clock
from lockdep.graph.loans import Loan
from lockdep.graph.runs import Origin, Pool
from lockdep.trace import NO_STACK, StackTrace
from lockdep.vocabulary.kinds import RECURSIVE, SHARED, TIMED

Owner = tuple[str, str]  # module and name of a type
MOST_LOANS = 64  # of witnesses that were not kept


@dataclass(slots=True, repr=False, eq=False)  # not frozen: a frozen one takes twice as long to make, on the slow path
class HeldLock:
    """A lock that a thread holds, and where it took it."""

    lock_class: LockClass
    serial: int
    stack: StackTrace
    mode: int = 0


@dataclass(slots=True, repr=False, eq=False)  # not frozen: made on the slow path, where that costs twice as much
class Witness:
    """One observation of a dependency: the thread, the two lock instances, where each was taken, what else was held.

    Serials number threads and lock instances; a lock serial of 0 is an instance that was not remembered. `others` are
    the other locks that the thread held, outermost first. `run` names the thread or work item that took next, at
    `taken`, if this thread only waited for that run. `mode` is how next was taken. `within` is the
    run in which it was seen, `stamp` and `clock` say when (see clock.py), and `fresh` whether it made next while it
    held prev. The owners are the types of the objects that the locks belong to, if that is known (see
    fastpath/owners.py).
    """

    thread: str
    thread_serial: int
    prev_serial: int
    next_serial: int
    prev_stack: StackTrace
    next_stack: StackTrace
    others: tuple[HeldLock, ...] = ()
    run: str = ""
    mode: int = 0
    taken: StackTrace = NO_STACK
    within: Origin | None = None
    stamp: int = 0
    clock: Clock = START
    fresh: bool = False
    prev_owner: Owner | None = None
    next_owner: Owner | None = None

    def covers(self, later: Witness) -> bool:
        """Return whether a later witness says nothing new: what excuses this one excuses that one, too."""
        if self.seen() != later.seen() or self.fresh > later.fresh:
            return False
        inherits = self.within is not later.within and self.within is not None and self.within.inherits
        return not inherits and guards(self.others) == guards(later.others)  # more of them may give a shortcut

    def stands_for(self, later: Witness) -> bool:
        """Return whether a later witness of any thread can be dropped: what excuses this one excuses that one, too."""
        if self.seen()[1:] != later.seen()[1:] or self.fresh > later.fresh or self.pool() != later.pool():
            return False
        return guards(self.others) <= guards(later.others) and lent(self) <= lent(later)

    def pool(self) -> Pool | None:
        """Return the pool of its run."""
        return None if self.within is None else self.within.pool

    def seen(self) -> tuple[int, int, int]:
        """Return the thread and the two instances."""
        return (self.thread_serial, self.prev_serial, self.next_serial)

    @property
    def actor(self) -> int:
        """The serial of the run in which it was seen, or of the thread if it has no run."""
        return self.thread_serial if self.within is None else self.within.serial


def replaced(kept: list[Witness], witness: Witness) -> bool:
    """Put a witness in the place of one that it stands for, and that does not stand for it; return whether it could."""
    for at, known in enumerate(kept):
        if witness.stands_for(known) and not known.stands_for(witness):
            kept[at] = witness
            return True
    return False


def lent(witness: Witness) -> set[tuple[int, bool]]:
    """Return the serials of the locks that starters lend to the run of a witness, and whether shared."""
    loan = None if witness.within is None else witness.within.lent
    if loan is None:
        return set()
    return {(serial, bool(mode & 3)) for each in loan.held() for _, serial, mode in each.locks}


def guards(locks: tuple[HeldLock, ...]) -> set[tuple[int, bool]]:
    """Return the serials of held locks, and whether each is held shared."""
    return {(lock.serial, bool(lock.mode & 3)) for lock in locks}


@dataclass(slots=True, repr=False, eq=False)
class Dependency:
    """prev -> next. `witnesses` has the observations of each kind, in order.

    `saturated`: some were not kept that say something else than those that were. `crowded`: more threads came than were
    looked at. `loans` are those on which witnesses relied that were not kept.
    """

    prev: LockClass
    next: LockClass
    witnesses: dict[int, list[Witness]] = field(default_factory=dict)
    saturated: bool = False
    crowded: bool = False
    loans: list[Loan] = field(default_factory=list)

    def kinds(self, *, timed: bool) -> list[int]:
        """Return the kinds it was seen in; without `timed`, only those without a timeout."""
        return [kind for kind in self.witnesses if timed or not kind & TIMED]

    def ends(self, *, after_recursive: bool, timed: bool) -> bool | None:
        """Return whether every usable kind ends in a recursive reader; None if no kind is usable.

        If the path here ended in a recursive reader, a kind is usable only if prev was held exclusively in it.
        """
        answer = None
        for kind in self.witnesses:
            if not (kind & TIMED and not timed) and not (kind & SHARED and after_recursive):
                if not kind & RECURSIVE:
                    return False
                answer = True
        return answer

    def starts(self, before_shared: bool) -> bool | None:
        """Return whether every usable kind starts with a shared holder; None if no kind is usable.

        If the path goes on with a shared holder, a kind is usable only if it does not end in a recursive reader.
        """
        usable = [kind for kind in self.witnesses if not (before_shared and kind & RECURSIVE)]
        if not usable:
            return None
        return all(kind & SHARED for kind in usable)

    def mark_seen(self, kind: int, witness: Witness, most: int) -> bool:
        """Keep a witness of this kind, unless one like it or `most` others are kept; return whether it was kept."""
        kept = self.witnesses.get(kind)
        if kept is None:
            self.witnesses[kind] = [witness]
            return True
        if [other for other in kept if other.covers(witness)]:
            return False
        if len(kept) >= most:
            return replaced(kept, witness) or self._drop(kept, witness)
        kept.append(witness)
        return True

    def _drop(self, kept: list[Witness], witness: Witness) -> bool:
        """Note that a witness is not kept; return False."""
        if not [other for other in kept if other.stands_for(witness)]:
            self.saturated = True
        elif witness.within is not None and witness.within.lent is not None:
            self.loans = [loan for loan in self.loans if loan.is_broken or loan.is_open][-MOST_LOANS:]
            self.saturated = self.saturated or len(self.loans) == MOST_LOANS
            self.loans.append(witness.within.lent)
        return False

    @property
    def has_gaps(self) -> bool:
        """Whether there may be observations that nothing which was kept stands for."""
        return self.saturated or any(loan.is_broken for loan in self.loans)

    def all_witnesses(self, *, timed: bool) -> list[tuple[int, Witness]]:
        """Return (kind, witness) for all kinds, waits without a timeout first."""
        return [(kind, witness) for kind in sorted(self.kinds(timed=timed)) for witness in self.witnesses[kind]]
