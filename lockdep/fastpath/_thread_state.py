"""ThreadState: what one thread holds, and the context it is in.

A thread holds a chain, and for each depth of it the serial of the lock held there. Held locks are kept as serials,
never as references, so that a lock can be collected while it is held.

A lock that is released out of order is taken out of the chain: those above it are walked again. If these are many, a
gap is left instead, a serial of 0, and all gaps are closed before the next acquisition.

The context (interrupts off, inside a handler) is the root of the chain: a chain that is known in one context is new in
another. When the context changes, the held locks are walked again under the other root.
"""

from __future__ import annotations

import _thread

try:
    import cython
except ModuleNotFoundError:
    from lockdep.fastpath import _cython_absent as cython

if not cython.compiled:
    from lockdep.fastpath._chain import Chain, _unrooted
    from lockdep.fastpath._link import _link, new_serial
    from lockdep.fastpath._modes import NEST, PINNED, ROOM
    from lockdep.fastpath._sighting import MOST_HELD, Sighting
    from lockdep.places import step_of

COMPILED = cython.compiled
MOST_SIGHTINGS = 64                           # are judged at once, wherever the thread stands
_get_ident = _thread.get_ident


def fence():
    """Make what this thread has written visible to others before it reads on."""
    if cython.compiled:
        ld_fence()
    return 0


class ThreadState:
    """What one thread holds. Creating one is expensive: a thread that ends holding nothing leaves it to the next one.

    Only the thread itself changes it, except for `dirty`, `run`, `pending` and `revoked`, through `mark`.
    """

    __slots__ = (
        "anchor", "busy", "capacity", "chain", "context", "context_key", "context_mode", "dirty", "gaps", "ident",
        "lowest", "nests", "next", "off", "pending", "pins", "record", "revoked", "root", "run", "running", "serial",
        "serials", "sightings", "took", "waits_calm",
    )  # fmt: skip

    def __init__(self):
        self.revoked = []                     # (thread, lock) serials: locks that others released, still held here
        self.capacity = ROOM
        if cython.compiled:
            self.serials = ld_serials(cython.NULL, ROOM)
            self.origins = ld_origins(cython.NULL, 0, ROOM)
        else:
            self.serials = [0] * ROOM
        self.sightings = []                   # to be judged, oldest first; what can be called is called instead
        self.waits_calm = False               # there may be some
        self.next = self.anchor = None        # used by _threads
        self.root = self.chain = _unrooted
        self.context_key = None
        self.dirty = 1                        # others have changed something: `settle` before the next acquisition
        self.clear()
        self.begin()

    def clear(self):
        """Forget the thread that had this state. The next one starts in the same root."""
        if cython.compiled:
            for depth in range(1, self.chain.depth + 1):
                ld_leave_origin(cython.address(self.origins[depth]))
        if self.chain.depth or self.context_key is not None:
            self.root = self.chain = _unrooted
            self.mark()
        self.gaps = self.lowest = 0           # how many gaps there are, and the depth of the lowest lock above gaps
        self.record = self.took = None        # set in threads that others may wait for; see begin_run
        self.context = self.context_key = None            # None: ordinary code
        self.context_mode = 0                 # bits that the context adds to the mode of each lock taken in it
        self.pins = None                      # serial of a pinned lock -> the sum of its cookies
        self.nests = None                     # serial of a lock -> that of the lock that serialises it
        self.off = 0                          # how often tracking was paused in this thread
        self.busy = 0                         # how deep the thread is inside the validator, which is not validated

    def begin(self):
        """Belong to the running thread from now on."""
        self.serial = new_serial()
        self.pending = len(_link.interrupts) != 0         # one may have been sent before this
        self.switch_run(self.serial)
        if self.root is not _link.root:
            self.mark()
        if cython.compiled:
            self.tstate = PyThreadState_Get()
            self.ident = ld_ident(self.tstate)
        else:
            self.ident = _get_ident()

    def __dealloc__(self):
        ld_serials(self.serials, 0)
        ld_origins(self.origins, self.capacity, 0)
        ld_forget_counts(cython.address(self.counts))

    def mark(self):
        """Make this thread settle before its next acquisition. Any thread may call this.

        `dirty` is written before `run` here, while the thread itself writes `run` and then reads `dirty`: one of the
        two sees what the other has done.
        """
        self.dirty = 1
        fence()
        self.run = 0

    def let_in(self):
        """Call the interrupts that were registered, unless this thread is inside the validator."""
        self.pending = False
        if self.busy:
            self.pending = True
            return
        try:
            for interrupt in _link.interrupts:
                if interrupt():
                    self.pending = True
        except BaseException:                 # the interrupts after it have not been called yet
            self.pending = True
            raise

    def room(self, depth):
        """Make room for held locks up to this depth."""
        if depth >= self.capacity:
            if cython.compiled:
                self.serials = ld_serials(self.serials, 2 * depth)
                self.origins = ld_origins(self.origins, self.capacity, 2 * depth)
            else:
                self.serials += [0] * depth
            self.capacity = 2 * depth
        return True

    def counted(self):
        """Return (number, count) of what was counted here: under the number of a Tally, or under the one after it.

        The pure build counts in the Tally, and returns nothing.
        """
        if cython.compiled:
            return ld_counted(cython.address(self.counts))
        return []

    def held(self):
        """Return (chain, serial) for each held lock, outermost first."""
        return self.held_along(self.chain)

    def held_along(self, chain):
        """Return (chain, serial) for each held lock up to the depth of this chain, outermost first."""
        return [(step, abs(self.serials[step.depth])) for step in self.chains_along(chain) if self.serials[step.depth]]

    def chains(self):
        """Return the chain of each held lock and of each gap, outermost first."""
        return self.chains_along(self.chain)

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
            return ld_offset(self.origins[depth].place, code)
        return -1

    def kept_steps(self, depth):
        """Return where the lock at this depth was taken, as ((code, offset), ...), if that was kept; else None.

        Not of another thread that runs, without the GIL.
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

    def see(self, chain, base, serial, limit):
        """Return a Sighting of the lock `serial`, wanted along `chain` while the locks of `base` are held.

        It keeps up to `limit` steps of the stack. MemoryError if there is no memory for it.
        """
        seen = Sighting(chain, base, serial)
        seen.context = self.context
        seen.run = self.record
        seen.root = self.root
        seen.thread = self.serial
        seen.ident = self.ident
        if cython.compiled:
            seen.copy = ld_make_copy(
                self.tstate, limit, self.serials, self.origins, max(1, base.depth - MOST_HELD + 1), base.depth
            )
        else:
            seen.look(limit, self.serials)
        return seen

    def learn(self, base, child, entry, serial):
        """Return the chain to which taking the lock `serial` as `entry` leads from `base`; it is judged later.

        `child` is that chain if somebody has walked there already.
        """
        collecting = ld_stop_collector() if cython.compiled else 0
        try:
            if child is None:
                child = Chain(base, entry)
            if _link.room > 0:
                _link.room -= 1
                child.known = True
                child.place()
            child.meet(serial, self.serials[base.depth])
            self.note(child, base, serial, False)
        finally:
            if cython.compiled:
                ld_start_collector(collecting)
        return child

    def note(self, chain, base, serial, again):
        """Keep a Sighting. Without memory for it, the acquisition is not learned from; that is counted."""
        try:
            seen = self.see(chain, base, serial, _link.stack_depth)
            seen.again = again
            if not cython.compiled and chain.first is None:
                chain.first = [step_of(code, lasti) for code, lasti in seen.steps]
            self.sightings.append(seen)
            self.waits_calm = True
        except MemoryError:
            chain.forget()
            _link.lost += 1
        except BaseException:                 # of a signal handler, in the pure build
            chain.forget()
            raise

    def forget_sightings(self):
        """Drop what nobody will judge, because the thread is gone in this process; it will be new again."""
        for seen in self.sightings:
            if isinstance(seen, Sighting):
                seen.chain.forget()
        self.sightings = []                   # a new one: the thread that is gone may have been changing the old one
        self.waits_calm = False

    def judge_now(self):
        """Have the validator judge what this thread has seen, if that must not or cannot wait for a calm moment."""
        if _link.prompt or self.context is not None or len(self.sightings) >= MOST_SIGHTINGS:
            self.calm()

    def calm(self):
        """Have the validator judge what this thread has seen. What cannot be judged now stays for the next time."""
        if self.busy:
            return
        if self.gaps:
            self.close_gaps()
        self.waits_calm = False
        try:
            _link.hooks.judge(self)
        finally:
            self.waits_calm = len(self.sightings) != 0

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

    def drop(self, at):
        """Remove the held lock at this depth, and walk those above it again without validating them."""
        if self.gaps or self.chain.depth - at > ROOM:
            self.leave_gap(at)
            return
        chains = self.chains()
        if self.nests is not None:
            self.check_nests(chains, at)
        rest = self.walk(chains[at - 1].parent, chains[at:])
        if cython.compiled:
            depth = self.chain.depth
            self.chain = rest
            ld_remove_held(self.serials, self.origins, at, depth)
        else:                                 # two stores in a row: no signal handler can run between them
            self.serials = [*self.serials[:at], *self.serials[at + 1:], 0]
            self.chain = rest

    def leave_gap(self, at):
        """Remove the held lock at this depth, but not from the chain."""
        if self.nests is not None:
            self.check_nests(self.chains(), at)
        self.serials[at] = 0
        self.gaps += 1
        self.lowest = max(1, self.lowest)
        while self.lowest < self.chain.depth and not self.serials[self.lowest]:
            self.lowest += 1
        self.waits_calm = True                # or the last release would not see that nothing is held
        self.mark()
        if cython.compiled:
            ld_leave_origin(cython.address(self.origins[at]))

    def close_gaps(self):
        """Walk the held locks again without the gaps between them."""
        chains = self.chains()
        rest = self.walk(chains[0].parent, [chain for chain in chains if self.serials[chain.depth]])
        if cython.compiled:
            ld_close_gaps(self.serials, self.origins, self.chain.depth)
        else:
            kept = list(filter(None, self.serials[:self.chain.depth + 1]))
            self.serials = [0, *kept, *[0] * (len(self.serials) - 1 - len(kept))]
        self.chain = rest
        self.gaps = self.lowest = 0

    def check_nests(self, chains, at):
        """Report the locks that the lock at this depth serialises, and that stay held without it."""
        serial = abs(self.serials[at])
        if [depth for depth in range(1, len(chains) + 1) if depth != at and abs(self.serials[depth]) == serial]:
            return                            # it is held at another depth, too
        for depth in range(at + 1, len(chains) + 1):
            entry = chains[depth - 1].entry
            if entry.mode & NEST and self.nests.get(abs(self.serials[depth])) == serial:
                _link.hooks.unnested(self, entry, chains[at - 1].entry)

    def walk(self, chain, steps):
        """Return the chain to which the entries of `steps` lead from `chain`. Nothing is validated."""
        for step in steps:
            chain = chain.follow(step.entry, step)
        return chain

    def enter(self, context, key, mode):
        """Be in another context from now on; `key` finds its root, `mode` is added to how locks are taken in it."""
        self.context = context
        self.context_key = key
        self.context_mode = mode
        self.root = _unrooted
        self.mark()

    def retake(self, at, entry):
        """Hold the lock at this depth as `entry` from now on, and validate it and the locks above it again."""
        chains = self.chains()
        chain = chains[at - 1].parent
        for depth, step in enumerate([entry, *[above.entry for above in chains[at:]]], at):
            child = None if chain.children is None else chain.children.get(step)
            if child is None or not child.known:
                child = self.learn(chain, child, step, abs(self.serials[depth]))
            chain = child
        self.chain = chain
        self.judge_now()

    def pin(self, at, serial, total):
        """Pin the lock at this depth: its release is reported. `total` is the sum of its cookies; 0 unpins it."""
        chains = self.chains()
        entry = chains[at - 1].entry
        mode = entry.mode | PINNED if total else entry.mode & ~PINNED
        chain = chains[at - 1].parent.follow(entry.lock_class.entry(mode), chains[at - 1])
        chain = self.walk(chain, chains[at:])
        if self.pins is None:
            self.pins = {}
        self.pins[serial] = total
        self.serials[at] = -serial if total else serial
        self.chain = chain

    def settle(self):
        """Take over what other threads changed. Return False if nothing is tracked in this thread now."""
        self.dirty = 0
        fence()
        if self.revoked:
            self.take_messages()
        root = _link.root
        if root is None or self.off:
            self.dirty = 1
            return False
        if self.gaps:
            self.close_gaps()
        if root is not self.root:
            start = root.context_root(self.context_key)
            self.chain = self.walk(start, self.chains()) if self.chain.depth else start
            self.root = root
        self.run = self.running
        fence()
        if self.dirty or _link.root is not root:
            self.mark()                       # it was marked again meanwhile
        return True

    def take_messages(self):
        """Drop the locks that other threads have released."""
        while self.revoked:
            owner, serial = self.revoked[0]
            if owner == self.serial:
                self.revoke(serial)
            del self.revoked[0]

    def revoke(self, serial):
        """Drop the outermost entry of a lock that another thread released: it may have been taken again since."""
        at = 1
        while at <= self.chain.depth:
            if abs(self.serials[at]) == serial:
                self.drop(at)
                return
            at += 1

    def begin_run(self, record):
        """Start a run (a work item) inside this thread; return what `end_run` needs.

        `record.took` is filled with what the run takes, for those who wait for it: serial of a lock -> Sighting of
        its first acquisition; for the locks beyond `max_instances`, entry -> Sighting.
        """
        outer = (self.running, self.record, self.took)
        self.record, self.took = record, record.took
        self.switch_run(record.serial)
        return outer

    def end_run(self, outer):
        """Go back to the outer run, which has now also taken what the inner one took."""
        took = self.took
        running, self.record, self.took = outer
        for key, seen in () if self.took is None else took.items():
            if key is not seen.chain.entry and len(self.took) < _link.max_instances:
                self.took.setdefault(key, seen)
            else:
                self.took.setdefault(seen.chain.entry, seen)
        self.switch_run(running)

    def switch_run(self, serial):
        """Set the run that is running. `run` is the same, but 0 while the state is dirty: no lock remembers run 0."""
        self.running = self.run = serial
        fence()
        if self.dirty:
            self.run = 0
