"""DepMap: what the validator knows about one lock, and the validation of its acquisitions and releases.

A known acquisition of a DepMap costs one comparison with the hint, and no call to the hooks. Serials, owner and counts
are kept here for all locks; ExclusiveLock adds the lock itself.
"""

from __future__ import annotations

try:
    import cython
except ModuleNotFoundError:
    from lockdep.fastpath import _cython_absent as cython

if not cython.compiled:
    from lockdep.fastpath._chain import _nowhere
    from lockdep.fastpath._link import _link, _timing, new_serial
    from lockdep.fastpath._modes import BLOCKING, SYNC, TIMED
    from lockdep.fastpath._tally import note_hold, note_name, note_wait, now_ns
    from lockdep.fastpath._threads import _crossed, current, current_or_nobody, tell_holder
    from lockdep.fastpath._tracked import Tracked

COMPILED = cython.compiled

_wait_starts = {}                             # serial of a thread -> when it began to wait for a DepMap's lock
_hold_starts = {}                             # thread, lock, which of its holds -> when a DepMap's lock was taken


class DepMap(Tracked):
    """A lock that is not an ExclusiveLock has one and tells it what happens: `acquire` before it may block, `acquired`
    when it was taken, `release` when it is released.
    """

    __slots__ = ()

    def acquire(self, mode=BLOCKING, nest=None, subclass=0):
        """Validate an acquisition before it may block; return what `acquired` needs. Not to be called before a try.

        `nest` is a held lock that serialises all locks of this class. DeadlockError if this thread holds this very lock
        in a way in which the wait can never end. A lock that any thread may release is waited for: see `share`.
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
            if child is None:
                return None
        if self.holds and not mode & TIMED and mode & (SYNC | 3) != SYNC:
            at = state.find(self.serial)
            if at and not self.crossed and (mode & 3 == 0 or state.chains()[at - 1].entry.mode & 3 == 0):
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
        if ticket is None:
            self.unseen += 1
            return
        last = self.last
        self.count_hold(1)
        self.book(state, ticket)
        if _wait_starts or _timing[0]:
            self.note_times(state, ticket.entry.tally, last)

    def note_times(self, state, tally, last):
        """Note the end of a wait, and the begin of a hold. The thread `last` has held it before."""
        try:
            if state.serial in _wait_starts:
                self.note_waited(state, tally, last)
            if _timing[0]:
                self.since = 0                # it is the time of one holder, and there may be many
                _hold_starts[state.serial, self.serial, self.held_count()] = now_ns()
        except (MemoryError, RecursionError):
            pass                              # it is held, whether its times are known or not

    def contended(self, ticket):
        """Note that this thread is going to wait: between `acquire`, which returned `ticket`, and `acquired`."""
        if ticket is not None:
            state = current()
            if state.waits_calm:              # this wait may never end
                state.calm()
            ticket.entry.tally.note_contended()
            _wait_starts[state.serial] = now_ns() if _timing[0] else 0
            if _timing[0]:
                note_name(state)
                _link.hooks.contended(state, ticket.entry, self)

    def note_waited(self, state, tally, last):
        """Note the end of a wait that `contended` has announced."""
        began = _wait_starts.pop(state.serial, 0)
        if last != state.serial and last:
            tally.note_bounced()
        if began:
            note_wait(state, tally, began)

    def gave_up(self, ticket):
        """Note that the wait has ended without the lock: timed out, or interrupted."""
        if ticket is not None:
            ticket.entry.tally.note_timeout()
            try:
                _wait_starts.pop(current().serial, None)
            except (MemoryError, RecursionError):
                pass                          # the next wait of the thread replaces it

    def hold(self, mode=BLOCKING, nest=None, subclass=0):
        """Acquire something that cannot block, such as a read-side section: validate it, and hold it."""
        state = current()
        if not self.is_tracked(state):
            self.unseen += 1
            return
        chain = self.step(state, self.entry_as(state, mode, nest, subclass))
        if chain is None:
            self.unseen += 1
            return
        if self.run != state.run and not mode & 3 and (state.running < -1 or state.running == _link.exposed):
            self.note_run(state, chain)       # nothing waits here, but a handler that waits for this may come
        self.have(chain)

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
        state = current_or_nobody()
        at = state.chain.depth
        if state.serials[at] != self.serial or not at:
            at = state.find(self.serial)
        if at:
            self.take_off(state, at)
        if state.revoked:
            state.take_messages()
        if at:
            return True
        if self.unseen:
            self.unseen -= 1
            return True
        if self.is_tracked(state):
            _link.hooks.misuse(state, self)
            return False
        return True

    def take_off(self, state, at):
        """Take the acquisition at this depth off the books, whatever a report of it raises."""
        try:
            self.count_hold(-1)
            if _hold_starts:
                self.note_held(state, at)
            self.check_pin(state, at)
        finally:
            if at == state.chain.depth:
                state.pop()
            else:
                state.drop(at)

    def note_held(self, state, at):
        """Note the end of a hold whose begin `note_times` has noted."""
        try:
            began = _hold_starts.pop((state.serial, self.serial, self.held_count()), 0)
            tally = state.chains()[at - 1].entry.tally
        except (MemoryError, RecursionError):
            return
        if began:
            note_hold(state, tally, began)

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
        self.end_life()
        self.serial = new_serial()
        self.witnessed = 0
        self.owner = self.holds = self.unseen = self.marks = 0
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
