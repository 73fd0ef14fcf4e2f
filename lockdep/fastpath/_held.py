"""HeldLocks: which locks one thread holds, in which order, and where it took them.

A thread holds a chain, and for each depth of it the serial of the lock held there. Held locks are kept as serials,
never as references, so that a lock can be collected while it is held.
"""

from __future__ import annotations

try:
    import cython
except ModuleNotFoundError:
    from lockdep.fastpath import _cython_absent as cython

if not cython.compiled:
    from lockdep.fastpath._chain import _unrooted
    from lockdep.fastpath._modes import ROOM

COMPILED = cython.compiled


class HeldLocks:
    """The chain of the locks that a thread holds, with a serial for each depth of it; 0 is a gap."""

    __slots__ = ("capacity", "chain", "gaps", "lowest", "serials")

    def __init__(self):
        self.chain = _unrooted
        self.gaps = self.lowest = 0           # how many gaps there are, and the depth of the lowest lock above gaps
        self.capacity = ROOM
        if cython.compiled:
            self.serials = ld_serials(cython.NULL, 0, ROOM)
            self.origins = ld_origins(cython.NULL, 0, ROOM)
        else:
            self.serials = [0] * ROOM

    def __dealloc__(self):
        ld_serials(self.serials, self.capacity, 0)
        ld_origins(self.origins, self.capacity, 0)

    def room(self, depth):
        """Make room for held locks up to this depth. MemoryError if there is none."""
        if depth >= self.capacity:
            if cython.compiled:
                self.serials = ld_serials(self.serials, self.capacity, 2 * depth)
                self.origins = ld_origins(self.origins, self.capacity, 2 * depth)
            else:
                self.serials += [0] * depth
            self.capacity = 2 * depth
        return True

    def held(self):
        """Return (chain, serial) for each held lock, outermost first."""
        return self.held_along(self.standing())

    def standing(self):
        """Return the chain that the thread holds now. Any thread may ask, of any thread."""
        return ld_new_ref(chain_of(self)) if cython.compiled else self.chain

    def held_along(self, chain):
        """Return (chain, serial) for each held lock up to the depth of this chain, outermost first."""
        found = []                            # where there is no memory, Cython frees an item of [...] twice
        for step in self.chains_along(chain):
            if self.serials[step.depth]:
                found.append((step, abs(self.serials[step.depth])))
        return found

    def chains(self):
        """Return the chain of each held lock and of each gap, outermost first."""
        return self.chains_along(self.standing())

    def chains_along(self, chain):
        found = []
        while chain.parent is not None:
            found.append(chain)
            chain = chain.parent
        found.reverse()
        return found

    def lasti_in(self, code, depth):
        """Return the offset in `code` at which the lock at this depth was taken; -1 if elsewhere or not known.

        Any thread may ask, of any thread.
        """
        if cython.compiled:
            return ld_offset(look_at(self.origins[depth].place), code)
        return -1

    def kept_steps(self, depth):
        """Return where the lock at this depth was taken, as ((code, offset), ...), if that was kept; else None.

        Any thread may ask, of any thread.
        """
        if cython.compiled:
            return ld_kept_steps(cython.address(self.origins[depth]))
        return None

    def taken_at(self, depth):
        """Return where the lock at this depth was taken, as [(code, offset), ...], innermost first; [] if not known.

        Any thread may ask, of any thread, if there is a GIL. Costs some ns for each frame of that thread.
        """
        if cython.compiled:
            return ld_taken_at(cython.address(self.origins[depth]), self.tstate)
        return []

    def find(self, serial):
        """Return the depth at which this lock is held, innermost first, or 0."""
        at = self.chain.depth
        if self.gaps and self.lowest <= at and abs(self.serials[self.lowest]) == serial:
            return self.lowest                # many that are released in the order in which they were taken
        while at and self.serials[at] != serial and self.serials[at] != -serial:
            at -= 1
        return at

    def pop(self):
        """Remove the innermost held lock."""
        at = self.chain.depth
        self.chain = self.chain.parent
        if cython.compiled:
            ld_leave_origin(cython.address(self.origins[at]))

    def walk(self, chain, steps):
        """Return the chain to which the entries of `steps` lead from `chain`. Nothing is validated."""
        for step in steps:
            chain = chain.follow(step.entry, step)
        return chain
