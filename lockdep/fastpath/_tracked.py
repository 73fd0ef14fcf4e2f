"""Tracked: what the validator knows of one lock, and the books of its acquisitions.

ExclusiveLock adds the lock itself, DepMap what other locks say of themselves.
"""

from __future__ import annotations

from weakref import ref

try:
    import cython
except ModuleNotFoundError:
    from lockdep.fastpath import _cython_absent as cython

if not cython.compiled:
    from lockdep.fastpath._chain import Chain, _nowhere, _untracked
    from lockdep.fastpath._deaths import _freed, _met, bury
    from lockdep.fastpath._imports import note_in_imports
    from lockdep.fastpath._interrupts import is_collecting
    from lockdep.fastpath._link import _link, _timing, find_in, new_serial, note_lost
    from lockdep.fastpath._site import creation_entry
    from lockdep.fastpath._tally import _clock, stamp
    from lockdep.fastpath._threads import _crossed, current, note_made, tell_holder, threads
    # isort: off
    from lockdep.fastpath._modes import (
        BY_MAIN, DROPPED, ENTERED, FORKED, IN_COLLECTION, IN_DROP, IN_SIGNAL, MOST_TOLD, NEST, READ_BY_MAIN,
        RECURSIVE_READ, TIMED, TOLD, UNUSUAL,
    )  # fmt: skip

COMPILED = cython.compiled
RUN_STEPS = 12                                # of the stack, to keep of a lock that a run takes


def holds_class(chains, lock_class):
    """Return whether one of these held locks is of the class."""
    found = False
    for chain in chains:
        found = found or chain.entry.lock_class is lock_class
    return found


class Tracked:
    """What the validator knows of one lock: the class it belongs to, and the chain it last led to.

    `kind` is the type of the lock. `name` and `key` put it into a class of their own instead of that of the place where
    it is created.
    """

    __slots__ = (
        "__weakref__", "acquisitions", "crossed", "earlier", "entry", "hint", "holds", "last", "marks", "other",
        "owner", "peer", "run", "serial", "since", "unseen", "witnessed",
    )  # fmt: skip

    def __init__(self, name=None, kind=None, key=None):
        if cython.compiled or hasattr(self, "owner"):
            self.end_life()
        self.enroll(type(self) if kind is None else kind, name, key)
        if cython.compiled and self.entry is not _untracked:
            note_made(self.serial)

    def enroll(self, kind, name, key):
        """Begin, whatever the lock was before."""
        self.identify(kind, name, key)
        self.owner = 0                        # serial of the thread that holds it, 0 if free
        self.acquisitions = 0
        self.last = 0                         # serial of the thread that took it last
        self.earlier = 0                      # that of the thread that did so before that one
        self.since = 0                        # when that was, while times are taken; 0 if not known; see ld_stamp
        self.holds = self.unseen = 0          # how often it is held now: tracked, and while nothing was tracked
        self.crossed = False                  # it was released by another thread than its taker once
        self.witnessed = 0                    # 1: it was taken, so dependencies may name it; 2: by several threads
        self.marks = 0                        # what it remembers of interrupts; see _modes

    def identify(self, kind, name, key):
        """Begin in new memory, in which all numbers are 0."""
        if cython.compiled:
            self.serial = ld_next(cython.address(_counter))
        else:
            self.serial = new_serial()
        if name is None and key is None:
            if cython.compiled:
                asked = cython.declare(cython.p_void)
                known = ld_known_entry(cython.address(_cache), PyThreadState_Get(), kind, cython.address(asked))
                self.entry = creation_entry(kind, self.serial) if known is cython.NULL else cython.cast(Entry, known)
                if known is not cython.NULL and asked is not cython.NULL:
                    note_owner(self.serial, ld_first_argument(asked))
            else:
                self.entry = creation_entry(kind, self.serial)
        else:
            self.entry = _untracked if _link.locate is None else _link.locate(None, kind, name, key)
        if not cython.compiled and self.entry is not _untracked:
            note_made(self.serial)            # compiled, ExclusiveLock.equip does it
        self.hint = _nowhere                  # the chain it last led to, if that may be cached; see Chain.gate
        self.other = _untracked               # how it was last taken in a way that is not the usual one
        if cython.compiled:
            put(self.run, -1)                 # the run that took it last
            put(self.peer, -1)                # the held instance of the same class it was last judged under
        else:
            self.run = self.peer = -1

    def is_tracked(self, state):
        """Return whether acquisitions of this lock by this thread are validated now."""
        return (state.run != 0 or state.settle()) and self.entry is not _untracked

    def entry_for(self, state, mode):
        """Return how this lock is taken in this mode by a thread in its context; None without memory for it."""
        mode |= self.entry.mode | state.context_mode
        if mode == self.entry.mode:
            return self.entry
        other = cython.cast(Entry, other_of(self)) if cython.compiled else self.other
        if other.mode != mode or other.lock_class is not self.entry.lock_class:
            try:
                other = self.entry.lock_class.entry(mode)
            except (MemoryError, RecursionError):
                note_lost()
                return None
            if cython.compiled:
                set_other(self, other)        # any thread may do this: entries live for ever
            else:
                self.other = other
        return other

    def entry_as(self, state, mode, nest, subclass):
        """Return how this lock is taken as a subclass of its class, or while `nest`, a held lock, serialises it."""
        entry = self.entry_for(state, mode)
        if entry is None:
            return None
        if subclass:
            entry = _link.hooks.subclass(entry.lock_class, subclass).entry(entry.mode)
        if nest is not None:
            outer = getattr(nest, "dep_map", nest)
            at = state.find(outer.serial)
            for depth in range(1, at):
                if state.serials[depth] == outer.serial or state.serials[depth] == -outer.serial:
                    at = depth
                    break
            if not at and outer.is_tracked(state):
                _link.hooks.unnested(state, entry, outer.entry)
            elif not holds_class(state.chains()[:max(at - 1, 0)], entry.lock_class):
                entry = entry.lock_class.entry(entry.mode | NEST)     # it serialises only what was taken under it
                if state.nests is None:
                    state.nests = {}
                state.nests[self.serial] = outer.serial
        return entry

    def step(self, state, entry):
        """Return the chain to which taking this lock leads; if it is new, it is seen, and judged later.

        Without memory for it, return None: then the lock is not tracked.
        """
        child = self.seek(state, entry)
        if state.waits_calm and not state.busy:
            state.judge_now()
        return child

    def seek(self, state, entry):
        """Return the same, with all judgements later: it cannot fail, and runs no Python code."""
        if entry is None:
            return None
        try:
            child = self.find_step(state, state.chain, entry)
            state.room(child.depth)
            return child
        except (MemoryError, RecursionError):
            note_lost()
            return None

    def find_step(self, state, parent, entry):
        if not self.witnessed:
            self.note_taken(state)
        child = parent.child(entry)
        if child is None or not child.known:
            if state.busy:
                return Chain(parent, entry)
            child = state.learn(parent, child, entry, self.serial)
        elif not state.busy and self.says_more(state, child):
            state.note(child, parent, self.serial, True, 0)
        if child.gate is parent and entry.mode & UNUSUAL == 0 and entry.lock_class is self.entry.lock_class:
            self.lead_to(child)
        return child

    def lead_to(self, chain):
        """Remember a chain. Any thread may do this: it was validated, and lives for ever."""
        if cython.compiled:
            set_hint(self, chain)
        else:
            self.hint = chain
        return 0

    def says_more(self, state, child):
        """Return whether taking this lock along a known chain shall be seen, because of the instances."""
        if child.waiting:
            return child.meet(self.serial, state.serials[child.parent.depth])
        if child.young and state.made_at(self.serial, child.parent.depth) == 0:
            return True
        if not child.judged:
            return False
        held = state.serials[child.twin]
        if held == self.peer and self.hint is child:
            if self.run == state.run or child.more <= 0 or not state.is_new(child, self.serial):
                return False
            child.more -= 1
        if child.by_pair:                     # this pair is not seen again
            self.peer = held
            self.lead_to(child)
        return True

    def note_taken(self, state):
        """Note that this lock is taken for the first time, and by whom."""
        entry = self.entry
        if cython.compiled:
            if not is_first(self.witnessed):
                return                        # another thread was faster
            add_int(entry.taken, 1)
        else:
            self.witnessed = 1
            entry.taken += 1
        for number in (0, 1):
            taker = find_in(entry.takers, number)
            if taker is None or taker[0]() is None:
                entry.takers[number] = (ref(self), state.serial)
                return
            if taker[1] == state.serial:
                return

    def revoke_from(self, owner):
        """Note that the thread with this serial holds the lock no longer: another one is releasing it."""
        try:
            tell_holder(owner, self.serial)
            _crossed.add(self.serial)
            self.crossed = True
            self.renew()
        except (MemoryError, RecursionError):
            note_lost()                       # that thread's books still say that it holds the lock

    def end_life(self):
        """Make every holder drop it: it is initialised again. That somebody holds it is reported.

        In a child, the holder may be a thread that was left behind: to begin anew is right then, and not reported.
        """
        if not self.owner and not self.holds:
            return
        state = current()
        mine = self.owner == state.serial or state.find(self.serial) != 0
        if self.is_tracked(state) and (mine or self.serial >= _link.forked):
            _link.hooks.reinitialised(state, self)
        self.revoke_holders()
        self.owner = self.holds = self.unseen = 0

    def revoke_holders(self):
        """Make every holder drop it."""
        if self.owner:
            tell_holder(self.owner, self.serial)
        for state in threads() if self.holds else ():     # it is not known which threads read
            state.revoked.extend([(state.serial, self.serial)] * self.holds)
            state.mark()

    def count_hold(self, change):
        if cython.compiled:
            add_int(self.holds, change)
        else:
            self.holds += change

    def check_pin(self, state, at):
        """Report the release of the lock held at this depth if it is pinned."""
        if state.pins is not None and state.serials[at] < 0:
            state.pins.pop(self.serial, None)
            _link.hooks.pinned_release(self)

    def book(self, state, child):
        """Enter an acquisition: the thread stands in `child` now. It cannot fail."""
        if cython.compiled:
            add(self.acquisitions, 1)         # readers enter theirs at once
            ld_count_up(cython.address(state.counts), child.number)
        else:
            self.acquisitions += 1
            child.entry.tally.count += 1
        if self.last != state.serial:
            self.note_bounce(state, child)
        if _timing[0]:
            self.since = stamp(_clock)
        if cython.compiled:
            ld_note_frame(cython.address(state.origins[child.depth]), outer_frame(state.tstate))
        state.serials[child.depth] = self.serial
        state.chain = child

    def note_bounce(self, state, child):
        """Note that another thread took it last."""
        if self.last:
            if cython.compiled:
                ld_count_up(cython.address(state.counts), child.number + 1)
            else:
                child.entry.tally.bounced += 1
        self.earlier = self.last
        self.last = state.serial

    def note_run(self, state, child):
        """Remember that this run took this lock: whoever waits for the run depends on it.

        That another thread takes it is evidence, too: it is seen, although the chain is known.
        """
        if self.last != state.serial and self.last:
            if self.witnessed == 1:
                self.witnessed = 2
                _met.add(self.serial)
            if child.more > 0 and child.parent.depth and not (child.waiting or child.judged or state.busy):
                if state.is_new(child, self.serial):
                    child.more -= 1
                    state.note(child, state.chain, self.serial, True, 0)
        known = True
        if state.running < -1 or self.marks or self.run == _link.exposed or self.serial < _link.forked:
            if state.busy:
                return                        # it is not validated; the next one is as if this had not been
            known = self.cross(state, child)
        try:
            if state.took is not None:
                seen = state.took.get(self.serial)
                if seen is None or (seen.chain.entry.mode & TIMED and child.entry.mode & TIMED == 0):
                    key = self.serial if seen is not None or len(state.took) < _link.max_instances else child.entry
                    if seen is not None or key not in state.took:
                        state.took[key] = state.see(child, state.chain, self.serial, RUN_STEPS, False)
        except (MemoryError, RecursionError):
            note_lost()
        if child.entry.mode & RECURSIVE_READ and state.running == _link.exposed:
            self.note_main(child)
            known = False                     # the next time it may be to write, which would not be noted
        if child.entry.mode & TIMED:
            known = False                     # the next time it may be without a timeout
        if state.imports is not None and state.running > 0 and not state.busy:
            note_in_imports(state, child, self.serial)
        run = state.inside if state.inside > 0 and state.running > 0 else state.running
        self.run = run if known else -1

    def note_main(self, child):
        """Remember that the main thread takes this lock in ordinary code, unless only some signals can come."""
        if not _link.partly:
            self.mark_with(READ_BY_MAIN if child.entry.mode & RECURSIVE_READ else BY_MAIN)
        return 0

    def cross(self, state, child):
        """Have it seen that a handler takes this lock, or ordinary code after that. The rest is only remembered.

        Ordinary code counts if such a handler can interrupt it: for signals that of the main thread; for what the
        collector runs that of any thread, while the collector is on; for what a reference count runs that of any
        thread, and one case is enough. Return False if the next acquisition may be another matter.
        """
        off = False
        if self.serial < _link.forked:
            self.inherit(state, child)
        if self.run == _link.exposed and not _link.partly:
            self.mark_with(BY_MAIN)
        seen = 0
        if state.running < -1:
            if self.serial > state.begun:
                return False                  # what was interrupted cannot hold a lock that was made after that
            if state.running != -IN_DROP or not self.marks & (IN_DROP | DROPPED):
                seen = ENTERED | (self.marks & (TOLD - 1))
            self.mark_with(-state.running)
        elif not state.steady:
            if state.running == _link.exposed:
                seen = self.marks & IN_SIGNAL
                self.note_main(child)
            if self.marks & IN_COLLECTION:
                off = not is_collecting()
                if not off:
                    seen |= IN_COLLECTION
            if self.marks & IN_DROP:
                seen |= 0 if self.marks & DROPPED else IN_DROP
                self.mark_with(DROPPED)
                self.unmark(IN_DROP)
            self.unmark(seen & ~IN_SIGNAL if _link.partly else seen)
            seen = -seen
        if seen and self.marks < MOST_TOLD:
            if cython.compiled:
                add_int(self.marks, TOLD)
            else:
                self.marks += TOLD
            state.note(child, state.chain, self.serial, True, seen)
        return not off

    def mark_with(self, bits):
        """Remember something of interrupts."""
        if cython.compiled:
            set_bits(self.marks, bits)
        else:
            self.marks |= bits
        return 0

    def unmark(self, bits):
        """Forget something of interrupts."""
        if cython.compiled:
            keep_bits(self.marks, ~bits)
        else:
            self.marks &= ~bits
        return 0

    def inherit(self, state, child):
        """In a child: have it seen that it waits for a lock which another thread of the parent used, or held."""
        other = self.owner
        if not other or other == _link.forker:
            other = self.earlier if self.last == _link.forker else self.last
        if other in _link.parents and other != _link.forker and self.serial not in _link.kept:
            state.note(child, state.chain, self.serial, True, FORKED, -other if self.owner == other else other)
        self.earlier = 0
        self.last = state.serial

    def renew(self):
        """In a child: note that this lock is as new, or that the program has looked whether it is held."""
        if self.serial < _link.forked:
            self.last = self.earlier = 0
            _link.renewed.add(self.serial)

    def forget(self):
        """Note that this lock is going away, and when; drop it if it is held."""
        self.renew()
        if self.witnessed and self.entry.watched:
            bury(self.serial)
        if self.witnessed > 1:
            _met.discard(self.serial)
        if self.crossed:
            _crossed.discard(self.serial)
        if self.owner or self.holds:
            _freed.append((self.entry, self.owner))
            self.revoke_holders()

    def __dealloc__(self):
        if self.owner or self.holds or self.crossed or self.witnessed > 1 or (
            self.witnessed and self.entry.watched
        ):
            self.forget()


if cython.compiled:
    ld_keep_whole(Tracked)                    # the collector would take its class away before it tells that it is gone
else:

    def _del(lock, forget=Tracked.forget):
        try:
            known = lock.owner or lock.holds or lock.crossed or lock.witnessed > 1 or (
                lock.witnessed and lock.entry.watched
            )
        except AttributeError:                # an exception came while it was made
            return
        if known:
            forget(lock)

    Tracked.__del__ = _del                     # __dealloc__ is a method of C only
