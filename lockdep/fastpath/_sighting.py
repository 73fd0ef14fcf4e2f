"""Sightings: what was new when a thread took a lock, kept until the validator judges it.

A Sighting has all that a judgement needs, as it was at that moment: the chain, the instances, the stack, and where each
held lock was taken. Making one runs no Python code in the compiled build. A thread keeps its sightings until a calm
moment (see ThreadState.calm), since a judgement takes too long to make it between two locks.
"""

from __future__ import annotations

import sys

try:
    import cython
except ModuleNotFoundError:
    from lockdep.fastpath import _cython_absent as cython

COMPILED = cython.compiled
MOST_HELD = 64                                # held locks that a sighting knows of, the innermost ones


class Sighting:
    """The lock `serial` was taken, or wanted, along `chain`, by a thread that held the locks of `base`.

    `chain` is `base` if nothing was taken. `again` says that the chain was known, and is seen for its instances only;
    `retaken` that the lock was held already, and only how it is held has changed.
    `thread` and `ident` are the numbers of the thread, `run` the course of its RunRecord, `context` its context, and
    `root` the root under which it stood. `crossed` is not 0 if the lock was taken inside a handler or finalizer
    (ENTERED and what the lock remembered), or after that in ordinary code (minus what it remembered). FORKED: the
    thread with the serial `other` used it in the parent, and held it if this is negative. `stamp` says when it was,
    by the clock of serials. `fresh` is how many locks the thread held already when it made this one, 0 if it did not
    or has held none, or fewer, since.
    """

    __slots__ = (
        "again", "base", "chain", "context", "copy", "crossed", "fresh", "ident", "locks", "other", "retaken", "root",
        "run", "serial", "stamp", "steps", "thread",
    )  # fmt: skip

    def __init__(self, chain, base, serial):
        self.chain = chain
        self.base = base
        self.serial = serial
        self.again = self.retaken = False
        self.crossed = self.other = 0
        if cython.compiled:
            self.copy = cython.NULL

    def stack(self):
        """Return (code, offset) of each frame, innermost first."""
        if cython.compiled:
            return [] if self.copy is cython.NULL else ld_stack_of(self.copy)
        return self.steps

    def held(self):
        """Return (chain, serial, steps) of each held lock, outermost first.

        The steps say where it was taken, as (code, offset), innermost first; there are none if that is not known.
        """
        known = self.origins()
        chain = self.base
        found = []
        for serial, steps in reversed(known):
            if serial:                        # else it is a gap
                found.append((chain, serial, steps))
            chain = chain.parent
        found.reverse()
        return found

    def origins(self):
        if cython.compiled:
            count = 0 if self.copy is cython.NULL else ld_held_count(self.copy)
            found = []
            for at in range(count):
                found.append((ld_held_serial(self.copy, at), ld_held_steps(self.copy, at)))
            return found
        return self.locks

    def look(self, limit, serials):
        """Copy the stack and the held locks: the pure build's counterpart of ld_make_copy."""
        frame = sys._getframe(1)
        self.steps = []
        while frame is not None and len(self.steps) < limit:
            self.steps.append((frame.f_code, frame.f_lasti))
            frame = frame.f_back
        depth = self.base.depth
        self.locks = [(abs(serial), []) for serial in serials[max(1, depth - MOST_HELD + 1):depth + 1]]

    def __dealloc__(self):
        ld_free_copy(self.copy)
