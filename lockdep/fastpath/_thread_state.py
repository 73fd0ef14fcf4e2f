"""ThreadState: what one thread holds, and the context it is in.

A lock that is released out of order is taken out of the chain: those above it are walked again. If these are many, a
gap is left instead, a serial of 0, and all gaps are closed before the next acquisition. A gap is also left where there
is no memory to walk: taking a lock off the books cannot fail, since the lock is free already.

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
    from lockdep.fastpath._held import HeldLocks
    from lockdep.fastpath._link import _link, fence, new_serial, note_lost
    from lockdep.fastpath._modes import IMPORTING, IN_DROP, NEST, PINNED, ROOM
    from lockdep.fastpath._sighting import MOST_HELD, Sighting
    from lockdep.places import step_of

COMPILED = cython.compiled
MOST_SIGHTINGS = 64                           # are judged at once, wherever the thread stands
MOST_NOTED = 256                              # acquisitions that a thread remembers to have had seen
MOST_MADE = 64                                # locks that a thread makes while it holds others, to remember
_get_ident = _thread.get_ident


class ThreadState(HeldLocks):
    """What one thread holds. Creating one is expensive: a thread that ends holding nothing leaves it to the next one.
    Only the thread itself changes it, except for `dirty`, `run`, `pending` and `revoked`, through `mark`.
    """

    __slots__ = (
        "anchor", "begun", "busy", "context", "context_key", "context_mode", "dirty", "dropped", "drops", "ident",
        "imports", "inside", "made", "nests", "next", "noted", "off", "outer", "pending", "pins", "prompt", "record",
        "revoked", "root", "run", "running", "serial", "settled", "sightings", "steady", "took", "waited", "waits_calm",
    )  # fmt: skip

    def __init__(self):
        HeldLocks.__init__(self)
        self.noted = set()                    # see is_new
        self.waited = 0                       # ns of its last wait for a lock; -1 while that lasts, see note_wait
        self.revoked = []                     # (thread, lock) serials: locks that others released, still held here
        self.sightings = []                   # to be judged, oldest first; what can be called is called instead
        self.waits_calm = False               # there may be some
        self.next = self.anchor = None        # used by _threads
        self.root = _unrooted
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
        self.noted.clear()
        self.made = None                      # serial of a lock that it made while it held others -> how many
        self.took = None                      # set in threads that others may wait for; see begin_run
        self.be(None)
        self.settled = None                   # the record of a run that begins no further stretch; see _handoffs
        self.imports = None                   # the innermost import that is going on here; see _imports
        self.inside = 0                       # the run that locks remember then, 0 outside of imports
        self.context = self.context_key = None            # None: ordinary code
        self.prompt = False                   # the context may change: what is seen in it is judged at once
        self.steady = False                   # nothing interrupts this code, as the program says
        self.outer = None                     # where the thread was when its collection began; see `situation`
        self.begun = self.drops = 0           # when the handler began that runs; when a reference count's finalizer did
        self.dropped = None                   # where the thread was before that, if the finalizer has taken a lock
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
            put(self.ident, ld_ident(self.tstate))        # relaxed: others compare it
        else:
            self.ident = _get_ident()

    def __dealloc__(self):
        ld_forget_counts(cython.address(self.counts))

    def mark(self):
        """Make this thread settle before its next acquisition. Any thread may call this.
        It writes `dirty` before `run`, and the thread writes `run` before it reads `dirty`: one sees the other's.
        """
        self.dirty = 1
        fence()
        self.run = 0

    def be(self, record):
        """Be the thread or work item that this record describes. Other threads ask for it by `known_record`."""
        if cython.compiled:
            ld_replace(record_of(self), record)
        else:
            self.record = record

    def known_record(self):
        """Return the record. Any thread may ask, of any thread, which may end meanwhile."""
        return ld_new_ref(record_of(self)) if cython.compiled else self.record

    def let_in(self):
        """Call the interrupts that were registered, unless this thread is inside the validator."""
        self.pending = self.busy
        if self.busy:
            return
        try:
            for interrupt in _link.interrupts:
                if interrupt():
                    self.pending = True
        except BaseException:                 # the interrupts after it have not been called yet
            self.pending = True
            raise

    def counted(self):
        """Return (number, count) of what was counted here, by the number of a Tally or the next; pure: nothing."""
        return ld_counted(cython.address(self.counts)) if cython.compiled else []

    def see(self, chain, base, serial, limit, evidence=True):
        """Return a Sighting of the lock `serial`, wanted along `chain` while the locks of `base` are held.
        It keeps up to `limit` steps of the stack, and is no `evidence` if it only says what a run takes. May raise.
        """
        seen = Sighting(chain, base, serial)
        seen.context = self.context
        seen.run = None if self.record is None else self.record.course
        if evidence and seen.run is not None:
            seen.run.handed = None            # what it hands over next says that it has come to here
        seen.root = self.root
        seen.thread = self.serial
        seen.stamp = new_serial()
        seen.fresh = self.made_at(serial, base.depth)
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
            child.meet(serial, self.serials[base.depth])  # first: who finds it known sees that it is not judged yet
            if _link.room > 0:
                child.place()
                child.known = True
                _link.room -= 1
            self.note(child, base, serial, False, 0)
        finally:
            if cython.compiled:
                ld_start_collector(collecting)
        return child

    def note(self, chain, base, serial, again, crossed, other=0):
        """Keep a Sighting. Without memory for it, the acquisition is not learned from; that is counted."""
        try:
            seen = self.see(chain, base, serial, _link.stack_depth)
            seen.again = again
            seen.crossed = crossed
            seen.other = other
            if not cython.compiled and chain.first is None:
                chain.first = [step_of(code, lasti) for code, lasti in seen.steps]
            self.sightings.append(seen)
            self.waits_calm = True
        except BaseException as error:
            chain.forget()
            if not isinstance(error, (MemoryError, RecursionError)):
                raise                         # of a signal handler, in the pure build
            note_lost()

    def is_new(self, chain, serial):
        """Return whether taking this lock along a known chain may say more than what this thread has had seen of it.
        It does not if the same locks are held (see Witness.covers), or if that is settled for all threads that have not
        just made the lock; unless a starter has lent its own, which may be others each time.
        """
        origin = getattr(self.record, "origin", None)
        if getattr(origin, "lent", None) is not None:
            return True
        try:
            made = self.made_at(serial, chain.parent.depth) != 0
            held = self.held_serials()
            key = (chain, serial, chain.judged, made, *held)
            if key in self.noted:
                return False
            if len(self.noted) >= MOST_NOTED:
                self.noted.clear()
            self.noted.add(key)
            return made or not chain.is_settled(serial, origin, held)
        except (MemoryError, RecursionError):
            return True                       # it is seen once more

    def held_serials(self):
        """Return the serials of the locks that this thread holds, outermost first; a pinned one is negative."""
        return [self.serials[depth] for depth in range(1, self.chain.depth + 1)]

    def forget_sightings(self):
        """Drop what nobody will judge, because the thread is gone in this process; it will be new again."""
        for seen in self.sightings:
            if isinstance(seen, Sighting):
                seen.chain.forget()
        self.sightings = []                   # a new one: the thread that is gone may have been changing the old one
        self.waits_calm = False

    def make(self, serial):
        """Note that this thread makes a lock while it holds others, until it holds none."""
        self.made = {} if self.made is None else self.made
        if len(self.made) < MOST_MADE:        # the next calm moment without a lock forgets it
            self.made[serial] = self.chain.depth
            self.waits_calm = True

    def made_at(self, serial, depth):
        """Return how many locks this thread held when it made the lock `serial`; 0 if it has held none since then.
        Also 0 if it holds fewer now, up to this depth: where it has released one, others may have found the new lock.
        """
        if self.made is None:
            return 0
        made = self.made.get(serial, 0)
        return made if made <= depth else 0

    def judge_now(self):
        """Have judged what this thread has seen, if that must not or cannot wait for a calm moment."""
        if _link.prompt or self.prompt or len(self.sightings) >= MOST_SIGHTINGS:
            self.calm()

    def calm(self):
        """Have the validator judge what this thread has seen, now or, inside a handler or finalizer, the next time."""
        if self.busy or (self.running < -1 and self.running != -IN_DROP) or not self.has_stack():
            return
        if self.gaps and not self.close_gaps():
            return
        self.waits_calm = False
        if self.chain.depth == 0:
            self.made = None
        try:
            _link.hooks.judge(self)
        finally:
            self.waits_calm = self.made is not None or self.sightings != []

    def has_stack(self):
        """Return whether a few more Python calls are possible. The pure build leaves it to an attempt."""
        return not cython.compiled or ld_stack_left(self.tstate) > 0

    def drop(self, at):
        """Remove the held lock at this depth, after a report if it serialises others, whatever that raises."""
        try:
            if self.nests is not None:
                self.check_nests(self.chains(), at)
        finally:
            self.remove(at)

    def remove(self, at):
        """Remove the held lock at this depth, and walk those above it again without validating them. It cannot fail."""
        if self.gaps or self.chain.depth - at > ROOM:
            self.leave_gap(at)
            return
        try:
            chains = self.chains()
            rest = self.walk(chains[at - 1].parent, chains[at:])
        except (MemoryError, RecursionError):
            self.leave_gap(at)
            return
        if cython.compiled:
            depth = self.chain.depth
            self.chain = rest
            ld_remove_held(self.serials, self.origins, at, depth)
        else:                                 # two stores in a row: no signal handler can run between them
            self.serials = [*self.serials[:at], *self.serials[at + 1:], 0]
            self.chain = rest

    def leave_gap(self, at):
        """Remove the held lock at this depth, but not from the chain."""
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
        """Walk the held locks again without the gaps between them. Return False if there is no memory for it."""
        try:
            chains = self.chains()
            rest = self.walk(chains[0].parent, [chain for chain in chains if self.serials[chain.depth]])
        except (MemoryError, RecursionError):
            return False
        if cython.compiled:
            ld_close_gaps(self.serials, self.origins, self.chain.depth)
        else:
            kept = list(filter(None, self.serials[:self.chain.depth + 1]))
            self.serials = [0, *kept, *[0] * (len(self.serials) - 1 - len(kept))]
        self.chain = rest
        self.gaps = self.lowest = 0
        return True

    def check_nests(self, chains, at):
        """Report the locks that the lock at this depth serialises, and that stay held without it."""
        serial = abs(self.serials[at])
        for depth in range(1, len(chains) + 1):
            if depth != at and abs(self.serials[depth]) == serial:
                return                        # it is held at another depth, too
        for depth in range(at + 1, len(chains) + 1):
            entry = chains[depth - 1].entry
            if entry.mode & NEST and self.nests.get(abs(self.serials[depth])) == serial:
                _link.hooks.unnested(self, entry, chains[at - 1].entry)

    def situation(self):
        """Return where the thread is, for `resume`."""
        return self.context, self.context_key, self.context_mode, self.prompt, self.running, self.begun, self.root

    def interrupt(self, scene, bit, begun=0):
        """Run a handler, from now on or since `begun`. `scene` is (context, key, mode), see `enter`; `bit`: _modes."""
        outer = -self.running if self.running < -1 else 0
        self.context, self.context_key, self.context_mode = scene
        self.prompt = False
        self.running = -(outer | bit)
        self.begun = begun or new_serial()
        self.root = _unrooted
        self.mark()

    def resume(self, situation):
        """Go on with what was interrupted, in the context of then."""
        walked = self.root is not _unrooted
        self.context, self.context_key, self.context_mode, self.prompt, self.running, self.begun, root = situation
        self.root = _unrooted if walked else root
        self.mark()
        if walked:
            self.settle()

    def enter_drop(self):
        """Be in the context of a finalizer that a reference count runs, for it takes a lock."""
        try:
            self.dropped = self.situation()
            self.interrupt(_link.drop_scene, IN_DROP, self.drops)
        except MemoryError:
            note_lost()

    def end_drop(self):
        """Go on with what such a finalizer interrupted. A run in which it took its first lock may have ended since."""
        self.drops = 0
        situation, run = self.dropped, self.running
        if situation is not None:
            self.dropped = None
            self.resume(situation)
        if situation is None or run > 0:
            self.switch_run(run)

    def enter(self, context, key, mode, prompt=True):
        """Be in another context from now on; `key` finds its root, `mode` is added to how locks are taken in it.
        With `prompt`, what is seen in it is judged at once, since the context changes.
        """
        self.context = context
        self.prompt = prompt and context is not None
        self.context_key = key
        self.context_mode = mode
        self.root = _unrooted
        self.mark()

    def retake(self, at, entry):
        """Hold the lock at this depth as `entry` from now on, and validate it and the locks above it again."""
        chains = self.chains()
        chain = chains[at - 1].parent
        for depth in range(at, len(chains) + 1):
            step = entry if depth == at else chains[depth - 1].entry
            child = chain.child(step)
            if child is None or not child.known:
                child = self.learn(chain, child, step, abs(self.serials[depth]))
                last = self.sightings[len(self.sightings) - 1] if self.sightings else None
                if isinstance(last, Sighting) and last.chain is child:
                    last.retaken = True
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
        if self.drops and self.dropped is None and self.running > 0 and _link.root is not None and not self.busy:
            self.enter_drop()
        self.dirty = 0
        fence()
        if self.revoked:
            self.take_messages()
        root = _link.root
        if root is None or self.off or not self.follow_root(root):
            self.dirty = 1
            return False
        self.run = self.inside if self.inside and self.running > 0 else self.running
        fence()
        if self.dirty or self.pending or _link.root is not root:
            self.mark()                       # it was marked again meanwhile, or has an interrupt to let in
        return True

    def follow_root(self, root):
        """Stand under this root, without gaps. Return False if there is no memory for that: nothing is tracked then."""
        if self.gaps and not self.close_gaps():
            note_lost()
            return False
        if root is not self.root:
            try:
                start = root.context_root(self.context_key)
                self.chain = self.walk(start, self.chains()) if self.chain.depth else start
            except (MemoryError, RecursionError):
                note_lost()
                return False
            self.root = root
        return True

    def take_messages(self):
        """Drop the locks that other threads have released."""
        while self.revoked:
            owner, serial = self.revoked[0]
            del self.revoked[0]
            if owner == self.serial:
                self.revoke(serial)

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
        `record.took` gets what it takes: serial of a lock -> its first Sighting; beyond `max_instances`, by entry.
        """
        outer = (self.running, self.record, self.took)
        self.took = record.took
        self.be(record)
        self.switch_run(record.serial)
        return outer

    def end_run(self, outer):
        """Go back to the outer run, which has now also taken what the inner one took."""
        took, (running, record, self.took) = self.took, outer
        self.be(record)
        for key, seen in () if self.took is None else took.items():
            if key is not seen.chain.entry and len(self.took) < _link.max_instances:
                self.took.setdefault(key, seen)
            else:
                self.took.setdefault(seen.chain.entry, seen)
        self.switch_run(running)

    def switch_run(self, serial):
        """Set the run that is running. `run` is the same, but 0 while the state is dirty: no lock remembers run 0.
        While a module is imported it is another one, so that each lock is noted that is taken then: IMPORTING, which no
        lock remembers, where locks have to remember the run that signal handlers can interrupt.
        """
        self.running = serial
        self.inside = 0
        if self.imports is not None and serial > 0:
            self.inside = IMPORTING if serial == _link.exposed else new_serial()
        self.run = self.inside if self.inside else serial
        fence()
        if self.dirty:
            self.run = 0
