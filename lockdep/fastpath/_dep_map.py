"""DepMap: what the validator knows about one lock, and the validation of its acquisitions and releases.

A known acquisition of a DepMap costs one comparison with the hint, and no call to the hooks. Serials, owner and counts
are kept here for all locks; ExclusiveLock adds the lock itself.
"""

from __future__ import annotations

from collections import deque

try:
    import cython
except ModuleNotFoundError:
    from lockdep.fastpath import _cython_absent as cython

if not cython.compiled:
    from lockdep.fastpath._chain import Chain, _nowhere, _untracked
    from lockdep.fastpath._link import _link, _timing, new_serial
    from lockdep.fastpath._modes import BLOCKING, NEST, SYNC, TIMED, UNUSUAL
    from lockdep.fastpath._site import creation_entry
    from lockdep.fastpath._tally import _clock, note_hold, note_wait, now_ns, stamp
    from lockdep.fastpath._threads import _crossed, current, tell_holder, threads

COMPILED = cython.compiled
RUN_STEPS = 12                                # of the stack, to keep of a lock that a run takes

_wait_starts = {}                             # serial of a thread -> when it began to wait for a DepMap's lock
_hold_starts = {}                             # thread, lock, which of its holds -> when a DepMap's lock was taken
_books = {}                                   # serial of a lock -> the dictionaries that its death is entered in
_dead = {}                                    # serial of a lock that died lately -> when that was
MOST_DEAD = 128
_freed = deque(maxlen=1024)


def note_death(serial, book):
    """Enter the death of the lock `serial` into the dictionary `book` when it comes, with the clock of serials.

    Only locks of watched classes are noticed. A death that was one of the last MOST_DEAD is entered at once.
    """
    try:
        book[serial] = _dead[serial]
    except KeyError:
        books = _books.setdefault(serial, [])
        if not [known for known in books if known is book]:
            books.append(book)


def bury(serial):
    """Note that a lock died, and tell those who want to know."""
    _dead[serial] = now = new_serial()
    for book in _books.pop(serial, ()):
        book[serial] = now
    if len(_dead) > 2 * MOST_DEAD:
        for old in list(_dead)[:MOST_DEAD]:
            _dead.pop(old, None)


def freed():
    """Return (entry, serial of the holder) of the locks that were collected while held, since the last call."""
    found = []
    while _freed:
        found.append(_freed.popleft())
    return found


def holds_class(chains, lock_class):
    """Return whether one of these held locks is of the class."""
    return lock_class in [chain.entry.lock_class for chain in chains]


class DepMap:
    """What the validator knows of one lock: the class it belongs to, and the chain it last led to.

    A lock that is not an ExclusiveLock has one and tells it what happens: `acquire` before it may block, `acquired`
    when it was taken, `release` when it is released. `kind` is the type of that lock. `name` and `key` put it into a
    class of their own instead of that of the place where it is created.
    """

    __slots__ = (
        "__weakref__", "acquisitions", "crossed", "entry", "hint", "holds", "last", "other", "owner", "peer", "run",
        "serial", "since", "unseen", "witnessed",
    )  # fmt: skip

    def __init__(self, name=None, kind=None, key=None):
        self.enroll(type(self) if kind is None else kind, name, key)

    def enroll(self, kind, name, key):
        if cython.compiled:
            self.serial = ld_next(cython.address(_counter))
        else:
            self.serial = new_serial()
        if name is None and key is None:
            if cython.compiled:
                known = ld_known_entry(cython.address(_cache), PyThreadState_Get(), kind)
                self.entry = creation_entry(kind) if known is cython.NULL else cython.cast(Entry, known)
            else:
                self.entry = creation_entry(kind)
        else:
            self.entry = _untracked if _link.locate is None else _link.locate(None, kind, name, key)
        self.hint = _nowhere                  # the chain it last led to, if that may be cached; see Chain.gate
        self.other = _untracked               # how it was last taken in a way that is not the usual one
        self.owner = 0                        # serial of the thread that holds it, 0 if free
        self.run = -1                         # the run that took it last
        self.peer = -1                        # the held instance of the same class it was last judged under
        self.acquisitions = 0
        self.last = 0                         # serial of the thread that took it last
        self.since = 0                        # when that was, while times are taken; 0 if not known; see ld_stamp
        self.holds = self.unseen = 0          # how often it is held now: tracked, and while nothing was tracked
        self.crossed = False                  # it was released by another thread than its taker once
        self.witnessed = False                # it was taken, so dependencies may name it

    def is_tracked(self, state):
        """Return whether acquisitions of this lock by this thread are validated now."""
        return (state.run != 0 or state.settle()) and self.entry is not _untracked

    def entry_for(self, state, mode):
        """Return how this lock is taken in this mode by a thread in its context."""
        mode |= self.entry.mode | state.context_mode
        if mode == self.entry.mode:
            return self.entry
        other = self.other
        if other.mode != mode or other.lock_class is not self.entry.lock_class:
            other = self.other = self.entry.lock_class.entry(mode)
        return other

    def entry_as(self, state, mode, nest, subclass):
        """Return how this lock is taken as a subclass of its class, or while `nest`, a held lock, serialises it."""
        entry = self.entry_for(state, mode)
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
        """Return the chain to which taking this lock leads; if it is new, it is seen, and judged later."""
        parent = state.chain
        self.witnessed = True
        child = None if parent.children is None else parent.children.get(entry)
        if child is None or not child.known:
            if state.busy:
                return Chain(parent, entry)
            child = state.learn(parent, child, entry, self.serial)
            state.judge_now()
        elif child.waiting:
            if not state.busy and child.meet(self.serial, state.serials[parent.depth]):
                state.note(child, parent, self.serial, True)
                state.judge_now()
        elif child.judged and not state.busy and state.serials[child.twin] != self.peer:
            state.note(child, parent, self.serial, True)
            if child.by_pair:                 # this pair is not seen again
                self.peer = state.serials[child.twin]
            state.judge_now()
        if child.gate is parent and entry.mode & UNUSUAL == 0 and entry.lock_class is self.entry.lock_class:
            self.hint = child
        return child

    def acquire(self, mode=BLOCKING, nest=None, subclass=0):
        """Validate an acquisition before it may block; return what `acquired` needs. Not to be called before a try.

        `nest` is a held lock that serialises all locks of this class. DeadlockError if this thread holds this very lock
        in a way in which the wait can never end.
        """
        return self.ask(mode, nest, subclass)

    # The wait queue calls `ask`, `have` and `let_go` in C; they are what `acquire`, `acquired` and `release` do.

    def ask(self, mode=BLOCKING, nest=None, subclass=0):
        state = current()
        if state.pending:
            state.let_in()
        if state.waits_calm and state.chain.depth == state.gaps:
            state.calm()
        if not self.is_tracked(state):
            return None
        entry = self.entry_as(state, mode, nest, subclass)
        child = self.hint
        if child.entry is not entry or child.gate is not state.chain:
            child = self.step(state, entry)
        if self.holds and not mode & TIMED and mode & (SYNC | 3) != SYNC:
            at = state.find(self.serial)
            if at and (mode & 3 == 0 or state.chains()[at - 1].entry.mode & 3 == 0):
                _link.hooks.hopeless(state, entry, self)
        if self.run != state.run:
            self.note_run(state, child)
        return child

    def acquired(self, ticket, mode=BLOCKING):
        """Note that this thread holds the lock now. `ticket` is from `acquire`; None, with a mode, after a try."""
        self.have(ticket, mode)

    def have(self, ticket, mode=BLOCKING):
        state = current()
        if not self.is_tracked(state):
            self.unseen += 1
            return
        if ticket is None:
            ticket = self.step(state, self.entry_for(state, mode))
        elif state.chain is not ticket.parent:
            ticket = self.step(state, ticket.entry)
        if ticket.depth >= state.capacity:
            state.room(ticket.depth)
        self.count_hold(1)
        if _wait_starts and state.serial in _wait_starts:
            self.note_waited(state, ticket.entry.tally)
        if cython.compiled:
            self.book(state, ticket, outer_frame(state.tstate))
        else:
            self.book(state, ticket, None)
        if _timing[0]:
            self.since = 0                    # it is the time of one holder, and there may be many
            _hold_starts[state.serial, self.serial, self.held_count()] = now_ns()

    def contended(self, ticket):
        """Note that this thread is going to wait: between `acquire`, which returned `ticket`, and `acquired`."""
        if ticket is not None:
            state = current()
            if state.waits_calm:              # this wait may never end
                state.calm()
            ticket.entry.tally.contended += 1
            _wait_starts[state.serial] = now_ns() if _timing[0] else 0
            if _timing[0]:
                _link.hooks.contended(state, ticket.entry, self)

    def note_waited(self, state, tally):
        """Note the end of a wait that `contended` has announced."""
        began = _wait_starts.pop(state.serial, 0)
        if self.last != state.serial and self.last:
            tally.contended_bounces += 1
        if began:
            note_wait(state, tally, began)

    def gave_up(self, ticket):
        """Note that the wait has ended without the lock: timed out, or interrupted."""
        if ticket is not None:
            ticket.entry.tally.timeouts += 1
            _wait_starts.pop(current().serial, None)

    def hold(self, mode=BLOCKING, nest=None, subclass=0):
        """Acquire something that cannot block, such as a read-side section: validate it, and hold it."""
        state = current()
        if not self.is_tracked(state):
            self.unseen += 1
            return
        self.have(self.step(state, self.entry_as(state, mode, nest, subclass)))

    def sync(self, mode=BLOCKING):
        """Validate a wait for those who hold this, which does not take it."""
        state = current()
        if self.is_tracked(state):
            self.step(state, self.entry_for(state, mode | SYNC))

    def signal(self):
        """Note that whoever waits for this can go on now: the wait depended on all locks that this thread holds."""
        state = current()
        if self.is_tracked(state) and state.chain.depth and not state.busy:
            _link.hooks.signalled(state, self)

    def release(self):
        """Note that this thread holds the lock no longer. Return False, after a report, if it did not hold it."""
        return self.let_go()

    def let_go(self):
        state = current()
        if state.revoked:
            state.take_messages()
        at = state.chain.depth
        if state.serials[at] != self.serial or not at:
            at = state.find(self.serial)
        if at:
            self.count_hold(-1)
            if _hold_starts:
                began = _hold_starts.pop((state.serial, self.serial, self.held_count()), 0)
                if began:
                    note_hold(state, state.chains()[at - 1].entry.tally, began)
            self.check_pin(state, at)
            if at == state.chain.depth:
                state.pop()
            else:
                state.drop(at)
            return True
        if self.unseen:
            self.unseen -= 1
            return True
        if self.is_tracked(state):
            _link.hooks.misuse(state, self)
            return False
        return True

    def is_held(self, read=-1):
        """Return 1 if this thread holds it, 0 if not, -1 if that is not known.

        `read` asks for a way of holding: 1 for reading, 0 for writing, -1 for either.
        """
        state = current()
        if not self.is_tracked(state) or self.unseen:
            return -1
        at = state.find(self.serial)
        if not at and self.owner == state.serial:
            return -1                         # it was taken while nothing was tracked
        return 1 if at and (read < 0 or bool(state.chains()[at - 1].entry.mode & 3) == bool(read)) else 0

    def held_count(self):
        """Return how many acquisitions of it this thread holds."""
        return len([serial for _, serial in current().held() if serial == self.serial])

    def init(self):
        """Start a new life as a lock that nobody holds. It is reported if somebody does hold it."""
        state = current()
        if self.owner or self.holds:
            if self.is_tracked(state):
                _link.hooks.reinitialised(state, self)
            self.revoke_holders()
        self.serial = new_serial()
        self.owner = self.holds = self.unseen = 0
        self.hint = _nowhere
        self.run = self.peer = -1
        self.crossed = False

    def share(self):
        """Allow every thread to release it, not only the one that took it. It is not reported when a holder ends."""
        self.crossed = True
        _crossed.add(self.serial)

    def disown(self, owner):
        """Note that the thread with the serial `owner` holds it no longer, because this thread has released it."""
        if self.unseen:
            self.unseen -= 1
        else:
            self.count_hold(-1)
            tell_holder(owner, self.serial)

    def revoke_holders(self):
        """Make every holder drop it."""
        if self.owner:
            tell_holder(self.owner, self.serial)
        for state in threads() if self.holds else ():     # it is not known which threads read
            state.revoked.extend([(state.serial, self.serial)] * self.holds)
            state.mark()

    def count_hold(self, change):
        if cython.compiled:
            ld_add(cython.address(self.holds), change)
        else:
            self.holds += change

    def check_pin(self, state, at):
        """Report the release of the lock held at this depth if it is pinned."""
        if state.pins is not None and state.serials[at] < 0:
            state.pins.pop(self.serial, None)
            _link.hooks.pinned_release(self)

    def book(self, state, child, frame):
        """Enter an acquisition: the thread stands in `child` now."""
        self.acquisitions += 1
        if cython.compiled:
            ld_count_up(cython.address(state.counts), child.number)
        else:
            child.entry.tally.count += 1
        if self.last != state.serial:
            self.note_bounce(state, child)
        if _timing[0]:
            self.since = stamp(_clock)
        if cython.compiled:
            ld_note_frame(cython.address(state.origins[child.depth]), frame)
        state.serials[child.depth] = self.serial
        state.chain = child

    def note_bounce(self, state, child):
        """Note that another thread took it last."""
        if self.last:
            if cython.compiled:
                ld_count_up(cython.address(state.counts), child.number + 1)
            else:
                child.entry.tally.bounced += 1
        self.last = state.serial

    def note_run(self, state, child):
        """Remember that this run took this lock: whoever waits for the run depends on it."""
        if state.took is not None and self.serial not in state.took:
            key = self.serial if len(state.took) < _link.max_instances else child.entry
            try:
                if key not in state.took:
                    state.took[key] = state.see(child, state.chain, self.serial, RUN_STEPS)
            except MemoryError:
                _link.lost += 1
        self.run = state.run

    def forget(self):
        """Note that this lock is going away, and when; drop it if it is held."""
        if self.witnessed and self.entry.watched:
            bury(self.serial)
        if self.crossed:
            _crossed.discard(self.serial)
        if self.owner or self.holds:
            _freed.append((self.entry, self.owner))
            self.revoke_holders()

    def __dealloc__(self):
        if self.owner or self.holds or self.crossed or (self.witnessed and self.entry.watched):
            self.forget()


if not cython.compiled:

    def _del(lock, forget=DepMap.forget):
        if lock.owner or lock.holds or lock.crossed or (lock.witnessed and lock.entry.watched):
            forget(lock)

    DepMap.__del__ = _del                     # __dealloc__ is a method of C only
