"""Inherited gates: a lock that the starter of a run holds from its start to its end guards the run as well.

While the run goes on it counts as one; the finding is graded again if the starter releases the lock too early.
"""

from __future__ import annotations

from lockdep.evidence.excuse import Guard, is_given_away
from lockdep.graph.dependency import Witness

NEVER = 1 << 62


def lent_guards(witness: Witness) -> dict[int, Guard]:
    """Return the locks that starters hold until they have waited for the end of the witness's run, by serial.

    The starter of the starter counts as well, if the inner run has ended before the outer one.
    """
    loan = None if witness.within is None else witness.within.lent
    if loan is None:
        return {}
    return {
        serial: Guard(lock_class, bool(mode & 3), lent.lender, lent.begin, lent.end or NEVER)
        for lent in loan.held()
        for lock_class, serial, mode in lent.locks
        if not is_given_away(lock_class, serial)
    }
