"""The fast path: what one acquisition and one release cost on a chain of locks that is already known.

One source, two builds: this file runs as it is, and is compiled by Cython with the types of _fastpath.pxd. A Chain is
a node of a trie: one validated sequence of held locks in one context. A lock remembers the last node it led to (the
hint), so that a known acquisition is one pointer comparison, a try of the lock and a push; a release in LIFO order is
a step to the parent. Everything else goes to the hooks given to `connect`: `miss` (a chain seen for the first time),
`judge` (instances of one class nested), `recursion` (a lock taken again by its holder), `misuse` (a release that fits
no acquisition) and so on, and to `locate` (the class of a lock made at a new place).

The context a thread is in (interrupts off, inside a handler) is the root of its chain: a chain known in one context is
new in another. When it changes, the held locks are walked again under the other root.

Promises: nothing here takes a lock of ours, and the real lock is taken before the books are written and freed
whatever happens to them. Held locks are kept in the thread as serials, never as references. Chains, entries and sites
are never freed: `reset` leaks the old trie.

Cost of a known acquisition and release, uncontended: no allocation, no clock, no frame, no hash.
"""

from __future__ import annotations

import _thread
import _warnings
import sys
from collections import deque
from errno import EINTR
from itertools import count, repeat
from time import monotonic, monotonic_ns, sleep

try:
    import cython
except ModuleNotFoundError:
    from lockdep.fastpath import _cython_absent as cython

COMPILED = cython.compiled
BLOCKING, READ, RECURSIVE_READ, TRY, TIMED, NOCHECK, SYNC, NEST, PINNED = 0, 1, 2, 4, 8, 16, 32, 64, 128
UNUSUAL = READ | RECURSIVE_READ | TRY | TIMED | SYNC | NEST | PINNED      # above them: the context, 256 and up
FOREVER = -1
UNTIL_SIGNAL = -2                             # a wait without a time limit that a signal handler ends by returning
FAIR_SECONDS = 0.001                          # so long a waiter is passed over before the lock is handed to it
MOST_STUBS = 65536                            # nodes walked through but never validated that are kept
SPINS = 4                                     # looks at a lock that is taken, before its waiter sleeps
ROOM = 64                                     # held locks of a thread before its array must grow; hints end there
FOREIGN = 3                                   # a word that is never free: the real lock is another object
ARGUMENTS_DEPRECATED = sys.version_info >= (3, 13)

_allocate_lock = _thread.allocate_lock
_get_ident = _thread.get_ident
_thread_count = _thread._count                # of threads besides the main one
_tallies = {}
_wait_starts = {}                             # thread serial -> when it began to wait for a DepMap's lock
_hold_starts = {}                             # thread, lock, which of its holds -> when a DepMap's lock was taken
_stat = 0                                     # times are taken
_ring_names = {}                              # serial of a thread -> its name when it was first traced
_ring = None                                  # the last waits and holds, while they are traced
if cython.compiled:
    _numbers = 0
    ld_watch_forks()
else:
    _local = _thread._local()
    _count = count(1)


class Tally:
    """What happened to the locks of one class when they were taken, for reading or for writing.

    Acquisitions and bounces are counted by the threads themselves, under `number` and the one after it; what waits is
    slow anyway, and counted here. Times are taken only while `switch_stat` has them on.
    """

    __slots__ = (
        "bounced", "contended", "contended_bounces", "count", "hold", "lock_class", "number", "read", "timeouts",
        "wait",
    )  # fmt: skip

    def __init__(self, lock_class, read):
        self.lock_class = lock_class
        self.read = read
        self.number = new_number()
        self.clear()
        if cython.compiled:
            ld_immortal(self)

    def clear(self):
        self.contended = self.contended_bounces = self.timeouts = 0
        if cython.compiled:
            ld_clear_times(cython.address(self.wait))
            ld_clear_times(cython.address(self.hold))
        else:
            self.count = self.bounced = 0
            self.wait = Times()
            self.hold = Times()

    @property
    def bounces(self):
        """How often a lock of this class went from one thread to another."""
        if cython.compiled:
            number = self.number + 1
            return ld_past_count(number) + sum([state.counted(number) for state in threads()])
        return self.bounced

    def note_wait(self, ns):
        if cython.compiled:
            ld_note_time(cython.address(self.wait), ns)
        else:
            self.wait.note(ns)
        return 0

    def note_hold(self, ns):
        if cython.compiled:
            ld_note_time(cython.address(self.hold), ns)
        else:
            self.hold.note(ns)
        return 0

    def times(self):
        """Return (count, total, least, most, buckets) of waits and of holds, in ns; a bucket is (bound, count)."""
        if cython.compiled:
            return ld_times_of(cython.address(self.wait)), ld_times_of(cython.address(self.hold))
        return self.wait.tuple(), self.hold.tuple()


class Times:
    """Durations, in ns: how many, sum, shortest, longest, and counts by quarter octaves. For the pure build."""

    __slots__ = ("buckets", "count", "least", "most", "total")

    def __init__(self):
        self.count = self.total = self.least = self.most = 0
        self.buckets = {}

    def note(self, ns):
        self.least = ns if self.count == 0 else min(self.least, ns)
        self.most = max(self.most, ns)
        self.count += 1
        self.total += ns
        octave = max(ns, 4).bit_length() - 1
        bound = (1 << octave) + (((max(ns, 4) >> (octave - 2)) & 3) + 1 << (octave - 2))
        self.buckets[bound] = self.buckets.get(bound, 0) + 1

    def tuple(self):
        return self.count, self.total, self.least, self.most, sorted(self.buckets.items())


def new_number():
    if cython.compiled:
        return 2 * ld_next(cython.address(_numbers))
    return next(_count)


def find_tally(lock_class, read):
    """Return the one Tally of a class for this way of taking it."""
    key = (lock_class, read)
    found = _tallies.get(key)
    return found if found is not None else _tallies.setdefault(key, Tally(lock_class, read))


def note_wait(state, tally, began):
    ended = now_ns()
    tally.note_wait(ended - began)
    if _ring is not None:
        note_event(1, state, tally.number, began, ended)


def note_hold(state, tally, began):
    ended = now_ns()
    tally.note_hold(ended - began)
    if _ring is not None:
        note_event(0, state, tally.number, began, ended)


def note_event(waited, state, number, began, ended):
    if state.serial not in _ring_names:
        _ring_names[state.serial] = _link.hooks.name_of(state)
    _ring.append((waited, number, state.serial, began, ended))


def trace_names():
    """Return the names of the threads in the events that are kept, by their serials."""
    return dict(_ring_names)


def trace_events(capacity):
    """Keep this many of the waits and holds from now on, the last ones; 0 ends that. Return what was kept until now.

    An event is (whether it was a wait, number of the Tally, serial of the thread, begin and end in ns).
    """
    global _ring
    kept, _ring = _ring, deque(maxlen=capacity) if capacity else None
    return [] if kept is None else list(kept)


def now_ns():
    if cython.compiled:
        return ld_now()
    return monotonic_ns()


class Entry:
    """How one class is taken: the key of a step in the trie. Interned, one for each (class, mode).

    `watched` says that the class is part of a dependency: then it matters when its instances die.
    """

    __slots__ = ("lock_class", "mode", "tally", "watched")

    def __init__(self, lock_class, mode):
        self.lock_class = lock_class
        self.mode = mode
        self.watched = False
        self.tally = find_tally(lock_class, mode & 3 != 0)
        if cython.compiled:
            ld_immortal(self)


class Chain:
    """A sequence of held locks: this entry taken under the parent sequence.

    `gate` is the parent where a lock may remember this node as its hint, else a place where no thread stands. `twin`
    is the depth of the held lock whose instance decides, 0 if none does. `stack` is where the node was first reached.
    A node that is not `known` was walked through when held locks were walked again, but never validated.
    """

    __slots__ = ("parent", "gate", "entry", "children", "depth", "twin", "stack", "judged", "known")

    def __init__(self, parent, entry, stack=None):
        self.parent = parent
        self.entry = entry
        self.stack = stack
        self.gate = _astray
        self.children = None
        self.judged = self.known = False
        self.twin = 0
        if cython.compiled:
            self.number = 0 if entry is None else entry.tally.number
        self.depth = 0 if parent is None else parent.depth + 1

    def admit(self):
        """Put this node into the trie, for good: it was validated."""
        self.known = True
        if self.parent is not None and not self.judged and self.depth < ROOM:
            self.gate = self.parent
        self.place()

    def place(self):
        if cython.compiled:
            ld_immortal(self)
        if self.parent is not None:
            if self.parent.children is None:
                self.parent.children = {}
            self.parent.children[self.entry] = self

    def follow(self, entry, stack):
        """Return where a held lock leads from here, validated or not."""
        child = None if self.children is None else self.children.get(entry)
        if child is None:
            child = Chain(self, entry, stack)
            if _link.stubs < MOST_STUBS:
                _link.stubs += 1
                child.place()
        return child

    def context_root(self, key):
        """Return the root for a context; None is ordinary code, whose root this is."""
        if key is None:
            return self
        if self.children is None:
            self.children = {}
        root = self.children.get(key)
        if root is None:
            root = Chain(None, None)
            root.admit()
            root = self.children.setdefault(key, root)
        return root


_astray = None
_astray = Chain(None, None)                   # no thread ever stands here: the hint of a lock that has none
_astray.gate = _astray
_astray.admit()
_nowhere = Chain(None, None)                  # a thread stands here before it is given a root
_nowhere.admit()


class Site:
    """A place where locks are made: a code object and an instruction, seen from an inner site or directly."""

    __slots__ = ("code", "lasti", "kind", "inner", "entry")

    def __init__(self, code, lasti, kind, inner, entry):
        self.code = code
        self.lasti = lasti
        self.kind = kind
        self.inner = inner
        self.entry = entry
        if cython.compiled:
            ld_immortal(self)


class Link:
    """What the owner of this module plugged in, and the counts that belong to nobody else."""

    __slots__ = (
        "crowd", "fork_count", "hooks", "interrupt", "is_ours", "locate", "max_instances", "patience", "root", "stubs",
    )  # fmt: skip

    def __init__(self):
        self.root = self.hooks = self.locate = self.is_ours = self.interrupt = None
        self.stubs = 0
        self.max_instances = 1024
        self.patience = 0.1                   # seconds for another thread to free a lock that its holder waits for
        self.fork_count = 0
        self.crowd = 64                       # so many threads may end with a lock held before somebody looks at them


_link = Link()
_sites = {}
_states = []                                  # of all threads, those that are spare included
_spare = None                                 # of a thread that has ended, for the next one; a list by `next`
_spare_guard = 0                              # no Python code runs while it is taken
_ended = []                                   # of threads that ended with a lock held
_crossed = set()                              # serials of living locks that another thread than the taker released
_waits = {}                                   # serial of a thread that sleeps -> that of the lock it waits for
_dead = deque(maxlen=65536)
_freed = deque(maxlen=1024)
_untracked = Entry(None, BLOCKING)            # how a lock is taken that belongs to no class


def connect(root, hooks, locate, is_ours, max_instances=1024, patience=0.1):
    """Validate from now on: every thread walks its held locks again under `root`. With root None, track nothing.

    `is_ours` tells of a file name whether its code only passes locks on, for others.
    """
    _link.hooks = hooks
    _link.locate = locate
    _link.is_ours = is_ours
    _link.max_instances = max_instances
    _link.patience = patience
    _link.root = root
    for state in threads():
        state.mark()


def interrupt_with(callback):
    """Call `callback` before a lock operation of a thread whose `pending` is set, and of every new thread once.

    Who sets `pending` marks the state too. It stays set until `callback` returns False: nothing more is to come in.
    """
    _link.interrupt = callback


def constants():
    """Return the modes, the entry of untracked locks, and the chain that no thread stands in."""
    return BLOCKING, READ, RECURSIVE_READ, TRY, TIMED, NOCHECK, SYNC, NEST, PINNED, _untracked, _astray


def threads():
    """Return the states of all threads that have used a tracked lock, and those of ended threads that wait for use."""
    return list(_states)


def find_thread(serial):
    """Return the state of the thread with this serial, or None. O(threads): asked for only by what is rare."""
    for state in threads():
        if state.serial == serial:
            return state
    return None


def tell_holder(owner, serial):
    """Have the thread that took this lock drop it: another one has released it, or it is gone.

    The message names its thread: the state may be another thread's before it is read.
    """
    holder = find_thread(owner)
    if holder is not None:
        holder.revoked.append((owner, serial))
        holder.mark()


def reap():
    """Return the states of the threads that ended with a lock held, each of them once. `retire` takes them back.

    Locks that others have released, then or ever, are used for hand-off and do not count.
    """
    found = []
    while _ended:
        try:
            state = _ended.pop(0)
        except IndexError:                    # another thread looks, too
            break
        state.take_messages()
        for _, serial in state.held():
            if serial in _crossed:
                state.revoke(serial)
        if state.chain.depth:
            found.append(state)
        else:
            retire(state)
    return found


def retire(state):
    """Let the next new thread use this state: its thread has ended, and nobody looks at what it held any more.

    It is cleared now, and given its next anchor, where memory is warm: the next thread may begin on a cold core.
    """
    global _spare
    state.clear()
    if cython.compiled:
        if LD_MAKE_AHEAD:
            state.anchor = make_anchor(state)
        ld_fold_counts(state.counts, state.numbers)
        ld_guard(cython.address(_spare_guard))
        state.next = _spare
        _spare = state
        ld_unguard(cython.address(_spare_guard))
    elif state in _states:
        _states.remove(state)                 # in Python a new one is as cheap


def thin_out():
    """Retire those of the ended threads whose locks have been released by others meanwhile."""
    held = reap()
    _ended.extend(held)
    _link.crowd = 64 + 2 * len(held)


def deaths():
    """Return (serial, clock at death) of the witnessed locks that died since the last call."""
    found = []
    while _dead:
        found.append(_dead.popleft())
    return found


def freed():
    """Return (entry, serial of the holder) of the locks that were collected while held, since the last call."""
    found = []
    while _freed:
        found.append(_freed.popleft())
    return found


def forked():
    """In a child: only this thread lives on, and waiters queued by others are gone."""
    global _states, _ended, _spare_guard, _waits
    _link.fork_count += 1
    _spare_guard = 0
    kept, spare = [current()], _spare
    while spare is not None:
        kept.append(spare)
        spare = spare.next
    _states, _ended = kept, []                # new lists: a thread that is gone may have been changing them
    waits, _waits = _waits, {}
    if kept[0].serial in waits:
        _waits[kept[0].serial] = waits[kept[0].serial]


def new_serial():
    """Return a number no lock, thread or run has had: also the clock by which lifetimes are compared."""
    if cython.compiled:
        return ld_next(cython.address(_counter))
    return next(_count)


def fence():
    """Have others see what this thread has written, before it reads on."""
    if cython.compiled:
        ld_fence()
    return 0


class ThreadState:
    """What one thread holds: a chain, and for each depth of it the serial of the lock held there.

    Costs too much to be made for each thread: one that ends holding nothing leaves its state to the next one.
    """

    __slots__ = (
        "anchor", "busy", "capacity", "chain", "context", "context_key", "context_mode", "dirty", "ident", "nests",
        "next", "off", "pending", "pins", "record", "revoked", "root", "run", "running", "serial", "serials", "took",
    )  # fmt: skip

    def __init__(self):
        self.revoked = []                     # (thread, lock) serials: released by others, not yet dropped here
        self.capacity = ROOM
        if cython.compiled:
            self.serials = ld_serials(cython.NULL, ROOM)
            self.places = ld_places(cython.NULL, ROOM)
            self.counts = cython.NULL
            self.numbers = 0
        else:
            self.serials = [0] * ROOM
        self.next = self.anchor = None
        self.root = self.chain = _nowhere
        self.context_key = None
        self.dirty = 1                        # something was changed from outside: settle before the next step
        self.clear()
        self.begin()

    def clear(self):
        """Forget the thread that had this state. Where its chain began, the next one's begins."""
        if self.chain.depth or self.context_key is not None:
            self.root = self.chain = _nowhere
            self.mark()
        self.record = self.took = None        # what can be waited for has these; see begin_run
        self.context = self.context_key = None            # the chain's own root is that of the context
        self.context_mode = 0                 # what the context adds to the mode of each lock taken in it
        self.pins = None                      # serial -> the sum of its cookies
        self.nests = None                     # serial of a lock -> that of the one that serialises it
        self.off = 0                          # tracking is paused in this thread
        self.busy = 0                         # inside the validator: an unknown chain is not validated now

    def begin(self):
        """Belong to this thread from now on."""
        self.serial = new_serial()
        self.pending = _link.interrupt is not None        # somebody may have sent this thread an interrupt
        self.switch_run(self.serial)          # the run that is running; 0 while dirty, which no lock remembers
        if self.root is not _link.root:
            self.mark()
        if cython.compiled:
            self.tstate = PyThreadState_Get()
            self.ident = ld_ident(self.tstate)
        else:
            self.ident = _get_ident()

    def __dealloc__(self):
        ld_serials(self.serials, 0)
        ld_places(self.places, 0)
        ld_forget_counts(self.counts)

    def mark(self):
        """Make this thread settle before its next acquisition. Any thread may call it; `dirty` comes before `run`.

        The thread itself sets `run`, then looks at `dirty`: one of the two sees what the other has done.
        """
        self.dirty = 1
        fence()
        self.run = 0

    def let_in(self):
        """Have this thread interrupted by what others sent it."""
        self.pending = False
        if self.busy or _link.interrupt():
            self.pending = True

    def room(self, depth):
        """Make room for held locks up to this depth."""
        if depth >= self.capacity:
            if cython.compiled:
                self.serials = ld_serials(self.serials, 2 * depth)
                self.places = ld_places(self.places, 2 * depth)
            else:
                self.serials += [0] * depth
            self.capacity = 2 * depth
        return True

    def count_up(self, chain):
        """Count an acquisition. The thread's own array: no other thread writes there."""
        if cython.compiled:
            if chain.number >= self.numbers:
                self.counts = ld_more_counts(self.counts, cython.address(self.numbers), chain.number)
            self.counts[chain.number] += 1
        else:
            chain.entry.tally.count += 1
        return 0

    def counted(self, number):
        """Return what threads with this state counted under a number of a Tally, or under the one after it."""
        if cython.compiled:
            return self.counts[number] if number < self.numbers else 0

    def held(self):
        """Return (chain, serial) for each held lock, outermost first."""
        return self.held_along(self.chain)

    def held_along(self, chain):
        """Return (chain, serial) for each held lock down to this chain, outermost first."""
        return [(step, abs(self.serials[step.depth])) for step in self.chains_along(chain)]

    def chains(self):
        """Return the chain of each held lock, outermost first."""
        return self.chains_along(self.chain)

    def chains_along(self, chain):
        found = []
        while chain.parent is not None:
            found.append(chain)
            chain = chain.parent
        found.reverse()
        return found

    def lasti_in(self, code, depth):
        """Return the offset in `code` at which the lock at this depth was taken; -1 if not there, or unknown."""
        if cython.compiled:
            return ld_offset(self.places[depth], code)
        return -1

    def find(self, serial):
        """Return the depth at which this lock is held, innermost first, or 0."""
        at = self.chain.depth
        while at and self.serials[at] != serial and self.serials[at] != -serial:
            at -= 1
        return at

    def drop(self, at):
        """Remove the held lock at this depth and walk the rest again, by look-ups only."""
        chains = self.chains()
        if self.nests is not None:
            self.check_nests(chains, at)
        rest = self.walk(chains[at - 1].parent, chains[at:])
        if cython.compiled:
            ld_drop(self.serials, self.places, at, self.chain.depth)
            self.chain = rest
        else:                                 # prepared first, then two stores that nothing can come between
            self.serials = [*self.serials[:at], *self.serials[at + 1:], 0]
            self.chain = rest

    def check_nests(self, chains, at):
        """The lock at this depth goes: what it serialises must not stay."""
        serial = abs(self.serials[at])
        if [depth for depth in range(1, len(chains) + 1) if depth != at and abs(self.serials[depth]) == serial]:
            return                            # held once more
        for depth in range(at + 1, len(chains) + 1):
            entry = chains[depth - 1].entry
            if entry.mode & NEST and self.nests.get(abs(self.serials[depth])) == serial:
                _link.hooks.unnested(self, entry, chains[at - 1].entry)

    def walk(self, chain, steps):
        """Return where these steps lead from `chain`; what is not known is not validated now."""
        for step in steps:
            chain = chain.follow(step.entry, step.stack)
        return chain

    def enter(self, context, key, mode):
        """Be in another context from now on: its own root, and `mode` added to how locks are taken in it."""
        self.context = context
        self.context_key = key
        self.context_mode = mode
        self.root = _nowhere
        self.mark()

    def retake(self, at, entry):
        """Have the lock held at this depth in another way, and validate it and all above it again."""
        chains = self.chains()
        chain = chains[at - 1].parent
        for depth, step in enumerate([entry, *[above.entry for above in chains[at:]]], at):
            child = None if chain.children is None else chain.children.get(step)
            if child is None or not child.known:
                child = _link.hooks.miss(self, chain, step, abs(self.serials[depth]))
            chain = child
        self.chain = chain

    def pin(self, at, serial, total):
        """Let the release of the lock at this depth come to notice; total 0 ends that."""
        chains = self.chains()
        entry = chains[at - 1].entry
        mode = entry.mode | PINNED if total else entry.mode & ~PINNED
        chain = chains[at - 1].parent.follow(entry.lock_class.entry(mode), chains[at - 1].stack)
        chain = self.walk(chain, chains[at:])
        if self.pins is None:
            self.pins = {}
        self.pins[serial] = total
        self.serials[at] = -serial if total else serial
        self.chain = chain

    def settle(self):
        """Take in what other threads changed; return False when nothing is tracked now."""
        self.dirty = 0
        fence()
        if self.revoked:
            self.take_messages()
        root = _link.root
        if root is None or self.off:
            self.dirty = 1
            return False
        if root is not self.root:
            start = root.context_root(self.context_key)
            self.chain = self.walk(start, self.chains()) if self.chain.depth else start
            self.root = root
        self.run = self.running
        fence()
        if self.dirty or _link.root is not root:
            self.mark()                       # marked again meanwhile
        return True

    def take_messages(self):
        """Drop what other threads released."""
        while self.revoked:
            owner, serial = self.revoked[0]
            if owner == self.serial:
                self.revoke(serial)
            del self.revoked[0]

    def revoke(self, serial):
        """Drop the oldest entry of a lock that another thread released: it may have been taken again since."""
        at = 1
        while at <= self.chain.depth:
            if abs(self.serials[at]) == serial:
                self.drop(at)
                return
            at += 1

    def begin_run(self, record):
        """Start a run inside this thread (a work item); return what `end_run` needs.

        `took` has what the run took, for those who wait for it: serial of a lock -> the chain it was taken in; entry ->
        chain once there are many. None in a thread that nobody can wait for.
        """
        outer = (self.running, self.record, self.took)
        self.record, self.took = record, record.took
        self.switch_run(record.serial)
        return outer

    def end_run(self, outer):
        """Go back to the outer run, which has then taken what the inner one took."""
        took = self.took
        running, self.record, self.took = outer
        for key, chain in () if self.took is None else took.items():
            if key is not chain.entry and len(self.took) < _link.max_instances:
                self.took.setdefault(key, chain)
            else:
                self.took.setdefault(chain.entry, chain)
        self.switch_run(running)

    def switch_run(self, serial):
        self.running = self.run = serial
        fence()
        if self.dirty:
            self.run = 0


class Anchor(dict):
    """Lives in the thread's own dictionary, or is that dictionary, and so tells when the thread has ended.

    Not so in a child, where the dictionaries of the threads that the fork left behind are cleared: their states are
    given up.
    """

    __slots__ = ("forks", "state")

    def __del__(self):
        self.clear()                          # what else is there may have a finalizer that takes locks
        if cython.compiled:
            if not ld_leave(self.state):
                return
        elif self.forks != _link.fork_count:
            return
        if self.state.chain.depth:
            _ended.append(self.state)
        else:
            retire(self.state)


def make_anchor(state):
    """Return what will tell of the end of the thread that has this state."""
    anchor = Anchor.__new__(Anchor)
    anchor.state = state
    return anchor


def current():
    """Return the state of this thread; one is made at its first lock."""
    if cython.compiled:
        if ld_tls is not cython.NULL:
            return cython.cast(ThreadState, ld_tls)
        return enter_thread()
    try:
        return _local.state
    except AttributeError:
        return enter_thread()


def enter_thread():
    """Give this thread a state."""
    if cython.compiled:
        if ld_late and ld_is_late():
            return late_state()
    state = spare_state()
    if state is None:
        state = ThreadState()
        if cython.compiled:
            ld_immortal(state)                # of use to many threads, one after the other
        _states.append(state)
    anchor = make_anchor(state) if state.anchor is None else state.anchor
    state.anchor = None                       # only the thread's dictionary keeps it
    if cython.compiled:
        if ld_tls is cython.NULL and not ld_enter(state.tstate, state, anchor):
            retire(state)
            return late_state()
        kept = cython.cast(ThreadState, ld_tls)
    else:
        anchor.forks = _link.fork_count
        kept = _local.__dict__.setdefault("state", state)
        if kept is state:
            _local.anchor = anchor
    if kept is not state:                     # a finalizer or a signal handler came first
        retire(state)
    return kept


def spare_state():
    """Return the state of a thread that has ended, if there is one: it is warm, and costs a third of a new one."""
    global _spare
    if _spare is None and len(_ended) > _link.crowd:
        thin_out()
    if not cython.compiled:
        return None
    ld_guard(cython.address(_spare_guard))
    state = _spare
    if state is not None:
        _spare = state.next
        state.next = None
    ld_unguard(cython.address(_spare_guard))
    if state is not None:
        state.begin()
    return state


def late_state():
    """Return what a thread uses that is being torn down: own, but do not track."""
    state = ThreadState()
    state.serial = -state.ident
    return state


def switch_stat(on):
    """Take times from now on, or no longer."""
    global _stat
    _stat = 1 if on else 0
    _hold_starts.clear()
    if not cython.compiled:
        ExclusiveLock.__enter__ = ExclusiveLock.enter_timed if on else _enter
        ExclusiveLock.__exit__ = ExclusiveLock.exit_timed if on else _exit


def tallies():
    """Return every Tally."""
    return list(_tallies.values())


def counted_by_ended(number):
    """Return how often threads that have ended took the class of this number."""
    if cython.compiled:
        return ld_past_count(number)
    return 0


def clear_tallies():
    """Begin to count anew. What is held now is not timed."""
    for tally in tallies():
        tally.clear()
    if cython.compiled:
        for state in threads():
            ld_fold_counts(cython.cast(ThreadState, state).counts, cython.cast(ThreadState, state).numbers)
        ld_clear_past()


def thread_state():
    """Return the state of this thread."""
    return current()


def creation_entry(kind):
    """Return how the class of a lock made now, by the Python code that is running, is taken."""
    if cython.compiled:
        known = known_entry(kind)
        if known is not None:
            return known
        frame = ld_frame()
    else:
        frame = sys._getframe(3)              # past enroll and __init__
    inner = None
    while frame is not None:
        site = find_site(frame, kind, inner)
        if site is None:
            return _untracked
        if site.entry is not None:
            return site.entry
        inner = site
        frame = frame.f_back
    return _untracked


def known_entry(kind):
    """Return the entry if every place on the way is known, without making frame objects; else None."""
    if cython.compiled:
        frame = ld_frame_now(PyThreadState_Get())
        inner = None
        while frame is not cython.NULL:
            place = ld_instruction(frame)
            slot = ld_place_slot(place, kind, inner)
            if slot[0] is cython.NULL:
                return None
            known = cython.cast(Site, slot[0])
            if known.place != place or known.kind is not kind or known.inner is not inner:
                return None
            if known.entry is not None:
                return known.entry
            inner = known
            frame = ld_frame_before(frame)
    return None


def outer_place(state):
    """Return the instruction that the program stands at, below the functions of primitives written in Python."""
    if cython.compiled:
        frame = ld_frame_now(state.tstate)
        while frame is not cython.NULL and runs_our_code(frame):
            frame = ld_frame_before(frame)
        return cython.NULL if frame is cython.NULL else ld_instruction(frame)


def runs_our_code(frame):
    if cython.compiled:
        whose = ld_whose(frame)
        if whose == 0:
            name = ld_filename(frame)
            whose = 2 if name is not None and _link.is_ours is not None and _link.is_ours(name) else 1
            ld_remember_whose(frame, whose)
        return whose == 2


def find_site(frame, kind, inner):
    if cython.compiled:
        code = ld_code(frame)
        lasti = ld_lasti(frame)
    else:
        code = frame.f_code
        lasti = frame.f_lasti
    key = (id(code), lasti, id(kind), id(inner))      # by id: hashing a code object hashes its contents
    site = _sites.get(key)
    if site is None:
        if _link.locate is None:
            return None
        site = _sites.setdefault(key, Site(code, lasti, kind, inner, _link.locate(frame, kind, inner, None)))
    if cython.compiled:
        remember(site)
    return site


def remember(site):
    """Have known_entry find this site by the address of its instruction."""
    if cython.compiled:
        site.place = ld_address(site.code, site.lasti)
        slot = ld_place_slot(site.place, site.kind, site.inner)
        slot[0] = cython.cast(cython.pointer(PyObject), site)


def holds_class(chains, lock_class):
    """Return whether one of these held locks is of the class."""
    return lock_class in [chain.entry.lock_class for chain in chains]


class DepMap:
    """What the validator knows of one lock: the class it belongs to and the chain it last led to.

    A lock that is not an ExclusiveLock has one, and tells it what happens: `acquire` before it may block, `acquired`
    once it is had, `release`. `kind` is the type of that lock, `name` puts it into a class of its own making instead of
    the place where it was made.
    """

    __slots__ = (
        "__weakref__", "acquisitions", "crossed", "entry", "hint", "holds", "last", "other", "owner", "peer", "run",
        "serial", "since", "unseen", "witnessed",
    )  # fmt: skip

    def __init__(self, name=None, kind=None, key=None):
        self.enroll(type(self) if kind is None else kind, name, key)

    def enroll(self, kind, name, key):
        self.serial = new_serial()
        if name is None and key is None:
            self.entry = creation_entry(kind)
        else:
            self.entry = _link.locate(None, kind, name, key)
        self.hint = _astray
        self.other = _untracked               # how it was taken last in a way that is not the usual one
        self.owner = 0                        # serial of the thread that holds it, 0 when free
        self.run = -1                         # the run that took it last
        self.peer = -1                        # the held instance of the same class it was last judged under
        self.acquisitions = 0
        self.last = 0                         # serial of the thread that took it last
        self.since = 0                        # when that was, while times are taken; 0 for not known
        self.holds = self.unseen = 0          # how often it is held now: tracked, and while nothing was
        self.crossed = False                  # was released by another thread once
        self.witnessed = False                # was taken: dependencies may name it

    def is_tracked(self, state):
        return (state.run != 0 or state.settle()) and self.entry is not _untracked

    def entry_for(self, state, mode):
        """Return how this lock is taken in this mode, by a thread in its context."""
        mode |= self.entry.mode | state.context_mode
        if mode == self.entry.mode:
            return self.entry
        other = self.other
        if other.mode != mode or other.lock_class is not self.entry.lock_class:
            other = self.other = self.entry.lock_class.entry(mode)
        return other

    def entry_as(self, state, mode, nest, subclass):
        """Return how this lock is taken as a subclass of its class, or with another lock that serialises it."""
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
                entry = entry.lock_class.entry(entry.mode | NEST)     # it serialises what was taken under it
                if state.nests is None:
                    state.nests = {}
                state.nests[self.serial] = outer.serial
        return entry

    def step(self, state, entry):
        """Return the chain that taking this lock leads to; validate it if it is new."""
        parent = state.chain
        self.witnessed = True
        child = None if parent.children is None else parent.children.get(entry)
        if child is None or not child.known:
            if state.busy:
                return Chain(parent, entry)
            child = _link.hooks.miss(state, parent, entry, self.serial)
        elif child.judged and not state.busy and state.serials[child.twin] != self.peer:
            _link.hooks.judge(state, child, self)
        if child.gate is parent and entry.mode & UNUSUAL == 0 and entry.lock_class is self.entry.lock_class:
            self.hint = child
        return child

    def acquire(self, mode=BLOCKING, nest=None, subclass=0):
        """Validate an acquisition before it may block; return what `acquired` needs. Not for tries.

        `nest` is a held lock that serialises all of this class. DeadlockError if this thread holds this very lock in a
        way that the wait can never end.
        """
        return self.ask(mode, nest, subclass)

    # What the compiled wait queue calls, in C.

    def ask(self, mode=BLOCKING, nest=None, subclass=0):
        state = current()
        if state.pending:
            state.let_in()
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
        """The lock is had: this thread holds it. `ticket` is what `acquire` returned; None and a mode after a try."""
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
        state.room(ticket.depth)
        self.count_hold(1)
        if _wait_starts and state.serial in _wait_starts:
            self.note_waited(state, ticket.entry.tally)
        self.book(state, ticket, outer_place(state))
        if _stat:
            self.since = 0                    # of one holder; these may be many
            _hold_starts[state.serial, self.serial, self.held_count()] = now_ns()

    def contended(self, ticket):
        """The lock is busy: this thread is going to wait for it, between `acquire` and `acquired`."""
        if ticket is not None:
            state = current()
            ticket.entry.tally.contended += 1
            _wait_starts[state.serial] = now_ns() if _stat else 0
            if _stat:
                _link.hooks.contended(state, ticket.entry, self)

    def note_waited(self, state, tally):
        began = _wait_starts.pop(state.serial, 0)
        if self.last != state.serial and self.last:
            tally.contended_bounces += 1
        if began:
            note_wait(state, tally, began)

    def gave_up(self, ticket):
        """The wait has ended without the lock: timed out, or interrupted."""
        if ticket is not None:
            ticket.entry.tally.timeouts += 1
            _wait_starts.pop(current().serial, None)

    def hold(self, mode=BLOCKING, nest=None, subclass=0):
        """Acquire what is no lock and cannot block: validate, and hold it."""
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
        """What waits for this goes on now: it depended on all locks that are held here."""
        state = current()
        if self.is_tracked(state) and state.chain.depth and not state.busy:
            _link.hooks.signalled(state, self)

    def release(self):
        """This thread holds it no longer. Return False, after a finding, if it did not."""
        return self.let_go()

    def let_go(self):
        state = current()
        if state.run == 0:
            state.settle()
        at = state.find(self.serial)
        if at:
            self.count_hold(-1)
            if _hold_starts:
                began = _hold_starts.pop((state.serial, self.serial, self.held_count()), 0)
                if began:
                    note_hold(state, state.chains()[at - 1].entry.tally, began)
            self.check_pin(state, at)
            if at == state.chain.depth:
                state.chain = state.chain.parent
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
        """Return 1 if this thread holds it, 0 if not, -1 if nobody knows. `read`: 1 for reading, 0 for writing."""
        state = current()
        if not self.is_tracked(state) or self.unseen:
            return -1
        at = state.find(self.serial)
        if not at and self.owner == state.serial:
            return -1                         # taken while nothing was tracked
        return 1 if at and (read < 0 or bool(state.chains()[at - 1].entry.mode & 3) == bool(read)) else 0

    def held_count(self):
        """Return how many acquisitions of it this thread holds."""
        return len([serial for _, serial in current().held() if serial == self.serial])

    def init(self):
        """Start a new life, as a lock that nobody holds; a finding if somebody does."""
        state = current()
        if self.owner or self.holds:
            if self.is_tracked(state):
                _link.hooks.reinitialised(state, self)
            self.revoke_holders()
        self.serial = new_serial()
        self.owner = self.holds = self.unseen = 0
        self.hint = _astray
        self.run = self.peer = -1
        self.crossed = False

    def share(self):
        """Any thread may release this, not only the one that holds it: no gate for others, no finding when one ends."""
        self.crossed = True
        _crossed.add(self.serial)

    def disown(self, owner):
        """The thread of this serial holds it no longer: another thread has released it."""
        if self.unseen:
            self.unseen -= 1
        else:
            self.count_hold(-1)
            tell_holder(owner, self.serial)

    def revoke_holders(self):
        if self.owner:
            tell_holder(self.owner, self.serial)
        for state in threads() if self.holds else ():     # readers are not known by name
            state.revoked.extend([(state.serial, self.serial)] * self.holds)
            state.mark()

    def count_hold(self, change):
        if cython.compiled:
            ld_add(cython.address(self.holds), change)
        else:
            self.holds += change

    def check_pin(self, state, at):
        if state.pins is not None and state.serials[at] < 0:
            state.pins.pop(self.serial, None)
            _link.hooks.pinned_release(self)

    def book(self, state, child, place):
        self.acquisitions += 1
        state.count_up(child)
        if self.last != state.serial:
            self.note_bounce(state, child)
        if _stat:
            self.since = now_ns()
        if cython.compiled:
            state.places[child.depth] = place
        state.serials[child.depth] = self.serial
        state.chain = child

    def note_bounce(self, state, child):
        """Another thread took it last. The acquisition is counted already, so there is room for this."""
        if self.last:
            if cython.compiled:
                state.counts[child.number + 1] += 1
            else:
                child.entry.tally.bounced += 1
        self.last = state.serial

    def note_run(self, state, child):
        """Remember that this run took this lock: whoever waits for the run depends on it."""
        if state.took is not None and self.serial not in state.took:
            if len(state.took) < _link.max_instances:
                state.took[self.serial] = child
            else:
                state.took.setdefault(child.entry, child)
        self.run = state.run

    def forget(self):
        """This lock is going away: say when, and drop it if it is held."""
        if self.witnessed and self.entry.watched:
            _dead.append((self.serial, new_serial()))
        if self.crossed:
            _crossed.discard(self.serial)
        if self.owner or self.holds:
            _freed.append((self.entry, self.owner))
            self.revoke_holders()

    def __dealloc__(self):
        if self.owner or self.holds or self.crossed or (self.witnessed and self.entry.watched):
            self.forget()


class Waiter:
    """One wait for a lock: whose, parked on what, queued or not, handed the lock or not. Under the lock's guard.

    It parks on a lock of C, which tells when a signal comes in. In the pure build only other primitives use it.
    """

    __slots__ = ("handed", "next", "park", "queued", "thread")

    def __init__(self, thread):
        self.thread = thread
        self.next = None
        self.queued = self.handed = False
        if cython.compiled:
            self.park = ld_bed()
        else:
            self.park = _allocate_lock()
            self.park.acquire()

    def __dealloc__(self):
        ld_dispose(self.park)

    def sleep(self, left, until_signal):
        """Sleep until woken, True, or so many seconds (-1: for ever) have passed, False.

        InterruptedError when a signal handler has run, if asked for; the pure build does not notice.
        """
        if cython.compiled:
            status = ld_sleep(self.park, left)
            if status == 2:
                PyErr_CheckSignals()
                if until_signal and not self.handed:
                    raise InterruptedError(EINTR, "interrupted by a signal")
            return status != 0
        return self.park.acquire(True, left)

    def wake(self):
        """Have it wake up, now or when it next sleeps. More often than once is as good as once."""
        if cython.compiled:
            ld_wake(self.park)
        else:
            try:
                self.park.release()
            except RuntimeError:
                pass


class ExclusiveLock(DepMap):
    """A lock with one holder: threading.Lock's methods, errors and corners, validated.

    The lock itself is a word and a queue of waiters when compiled; in the pure build, and for a lock that was
    adopted, it is a foreign object with acquire and release. Whoever finds the lock free takes it, until a waiter has
    been passed over for a millisecond: then the next release hands the lock to the first in the queue, and the word
    stays taken, as CPython's PyMutex does it. Without that, a thread that blocks while it holds the lock and takes it
    again at once would starve the others for ever under the GIL.
    """

    __slots__ = ("count", "first", "forks", "guard", "heir", "hungry", "raw", "tries", "word")

    def __init__(self, name=None, raw=None):
        self.enroll(type(self), name, None)
        self.equip(_allocate_lock() if raw is None and not cython.compiled else raw)

    def equip(self, raw):
        self.first = self.heir = None         # the queue of waiters; whom the lock was handed to, until it knows
        self.hungry = False                   # somebody was passed over for too long
        self.count = 0                        # how often the owner has taken it
        self.forks = self.guard = 0
        self.raw = raw
        self.word = 0 if raw is None else FOREIGN
        # One step of this iterator is one try. Unlike a call, it leaves no moment for a signal handler between taking
        # the lock and knowing it.
        self.tries = None if raw is None else map(raw.acquire, repeat(False))

    @cython.final
    def try_fast(self):
        """Take a free lock along a known chain, or do nothing and return False."""
        if cython.compiled:                   # by pointers: two references less to count
            here = ld_tls
            if here is cython.NULL:
                return False
            hint = cython.cast(cython.pointer(PyObject), self.hint)
            return self.take_along(cython.cast(ThreadState, here), cython.cast(Chain, hint))
        return self.take_along(current(), self.hint)

    @cython.final
    def take_along(self, state, child):
        if child.gate is not state.chain or self.run != state.run:
            return False
        if cython.compiled:
            if not ld_take(cython.address(self.word)):
                return False
        else:
            for got in self.tries:
                break
            if not got:
                return False
        self.owner = state.serial
        self.count = 1
        self.acquisitions += 1
        state.count_up(child)
        if _stat:
            self.since = now_ns()
        if cython.compiled:
            state.places[child.depth] = ld_place(state.tstate)
        state.serials[child.depth] = self.serial
        state.chain = child
        return True

    def lock_slow(self, state, mode, timeout):
        """Take the lock the long way: validate what is new, then wait if it is busy."""
        if state.pending:
            state.let_in()
        if mode == BLOCKING and self.take_in_run(state):
            return True
        if not self.is_tracked(state):
            return self.lock_real(state, mode, timeout, None, None)
        return self.lock_entry(state, mode, timeout, self.entry_for(state, mode))

    def take_in_run(self, state):
        """Take a free lock along a known chain, which another run took last; or do nothing and return False."""
        child = self.hint
        if child.gate is not state.chain or state.run == 0:
            return False
        if self.run != state.run:
            self.note_run(state, child)
        if not self.take_along(state, child):
            return False
        if self.last != state.serial:
            self.note_bounce(state, child)
        return True

    def lock_as(self, mode=BLOCKING, timeout=FOREVER, nest=None, subclass=0):
        """Take the lock in a special way: as a subclass of its class, or with a held lock that serialises its class.

        `mode` is BLOCKING, TRY or TIMED, `timeout` in seconds, or UNTIL_SIGNAL. Returns whether it was had.
        """
        state = current()
        if state.pending:
            state.let_in()
        if not self.is_tracked(state):
            return self.lock_real(state, mode, timeout, None, None)
        return self.lock_entry(state, mode, timeout, self.entry_as(state, mode, nest, subclass))

    def lock_entry(self, state, mode, timeout, entry):
        if mode == TRY:
            return self.lock_real(state, mode, timeout, entry, None)
        if self.owner == state.serial:
            return self.lock_again(state, mode, timeout, entry)
        child = self.hint
        if child.entry is not entry or child.gate is not state.chain:
            child = self.step(state, entry)   # before it can block
        if self.run != state.run:
            self.note_run(state, child)
        if child is self.hint and self.take_along(state, child):
            if self.last != state.serial:
                self.note_bounce(state, child)
            return True
        return self.lock_real(state, mode, timeout, entry, child)

    def lock_again(self, state, mode, timeout, entry):
        """Wait for a lock that this thread holds. If another thread frees it soon, it is a hand-off, and legal."""
        alone = _thread_count() == 0 or not entry.lock_class.by_instance
        if not alone and self.lock_real(state, TIMED, timeout if mode == TIMED else _link.patience, entry, None):
            return True
        _link.hooks.recursion(state, entry, self)
        return (alone or mode != TIMED) and self.lock_real(state, mode, timeout, entry, None)

    def lock_real(self, state, mode, timeout, entry, child):
        """Take the real lock, then write the books; entry is None when nothing is tracked.

        The owner is set together with the lock: a finalizer or handler that runs before the books are written may take
        an RLock again.
        """
        mine = self.owner == state.serial     # a plain lock that waits for its own holder
        try:
            if not self.take(state.serial) and (mode == TRY or not self.wait_counted(state, timeout, entry)):
                return False
            if entry is None:
                return True
            if child is None or state.chain is not child.parent or state.run == 0:
                child = self.step_again(state, entry)
            state.room(child.depth)
        except BaseException:
            if not mine and self.owner == state.serial:
                self.owner = 0
                self.free()
            raise
        self.book(state, child, outer_place(state))
        return True

    def wait_counted(self, state, timeout, entry):
        """Block for the lock, and count that; with times on also how long, where, and who stood in the way."""
        if entry is None:
            return self.wait(timeout, state.serial)
        entry.tally.contended += 1
        began = 0
        if _stat:
            began = now_ns()
            _link.hooks.contended(state, entry, self)
        if not self.wait(timeout, state.serial):
            entry.tally.timeouts += 1
            return False
        if self.last != state.serial and self.last:
            entry.tally.contended_bounces += 1
        if began:
            note_wait(state, entry.tally, began)
        return True

    def step_again(self, state, entry):
        """Where the lock leads now that it is had: for a try, or when a handler changed what is held meanwhile."""
        if state.run == 0:
            state.settle()
        return self.step(state, entry)

    @cython.final
    def unlock_here(self):
        if cython.compiled:
            here = ld_tls
            if here is not cython.NULL:
                return self.unlock_real(cython.cast(ThreadState, here))
        return self.unlock_real(current())

    @cython.final
    def unlock_real(self, state):
        """Take the lock off the books and free it, whatever the books say."""
        if _stat:
            self.note_release(state)
        if state.serials[state.chain.depth] == self.serial and self.owner == state.serial:
            state.chain = state.chain.parent
            self.owner = 0
            if cython.compiled:
                self.free()
            else:
                self.raw.release()            # directly: entering a Python function is a moment for a signal handler
            return 0
        self.check_owner(state)
        try:
            self.unbook(state)
        finally:
            self.free()
        return 0

    def note_release(self, state):
        """The hold ends, whoever ends it; it counts for the class as the lock was taken."""
        if self.since:
            chain = state.chain
            here = chain.depth != 0 and state.serials[chain.depth] == self.serial
            entry = chain.entry if here else self.entry
            note_hold(state, entry.tally, self.since)
            self.since = 0
        return 0

    def check_owner(self, state):
        """Any thread may release it."""

    def unbook(self, state):
        """Drop a lock that is not the innermost one of this thread, or not this thread's at all."""
        if state.run == 0:
            state.settle()
        owner = self.owner
        if owner == state.serial:
            at = state.find(self.serial)
            if at:
                self.check_pin(state, at)
                state.drop(at)
        elif owner:
            self.crossed = True
            _crossed.add(self.serial)
            tell_holder(owner, self.serial)
        elif not self.locked():
            _link.hooks.misuse(state, self)
        self.owner = 0

    def take(self, serial):
        """Take the real lock if it is free, for the thread of this serial."""
        if cython.compiled:
            if ld_take(cython.address(self.word)):
                self.owner = serial
                self.count = 1
                return True
            if self.raw is None:
                return False
        for got in self.tries:
            if got:
                self.owner = serial
                self.count = 1
            return got

    @cython.final
    def free(self):
        if self.raw is not None:
            self.raw.release()
            return 0
        if cython.compiled:
            if self.hungry and self.word and self.wake(True):
                return 0
            if ld_free(cython.address(self.word)) == 0:
                raise RuntimeError("release unlocked lock")
            if self.first is not None:
                self.wake(False)
        return 0

    def wait(self, timeout, serial):
        """Block until the lock is taken, or `timeout` seconds have passed (-1: for ever).

        With UNTIL_SIGNAL it ends in InterruptedError, too, when a signal handler has run; the pure build, whose lock
        goes on waiting, does not notice. An exception out of a handler ends every wait.
        """
        if self.spin(timeout, serial):
            return True
        outer = _waits.get(serial)            # a signal handler may wait on top of its own thread's wait
        try:
            return self.park(timeout, serial)
        finally:
            if outer is None:
                _waits.pop(serial, None)
            else:
                _waits[serial] = outer

    def spin(self, timeout, serial):
        """Sleep at once."""
        return False

    def park(self, timeout, serial):
        if self.raw is not None:
            _waits[serial] = self.serial
            for got in map(self.raw.acquire, (True,), (max(FOREVER, timeout),)):
                if got:
                    self.owner = serial
                    self.count = 1
                return got
        begin = monotonic()
        waiter = Waiter(serial)
        if self.enqueue(waiter, False):
            return True
        try:
            _waits[serial] = self.serial
            while not self.take(serial):
                left = FOREVER if timeout < 0 else max(0, begin + timeout - monotonic())
                if not waiter.sleep(left, timeout == UNTIL_SIGNAL):
                    return (not self.dequeue(waiter) and self.accept(waiter)) or self.take(serial)
                if self.accept(waiter) or self.take(serial):
                    break                     # maybe still queued: a signal woke it, and the lock was free
                if monotonic() - begin > FAIR_SECONDS:
                    self.hungry = True
                self.enqueue(waiter, True)
        except BaseException:                 # interrupted: what came to us meanwhile belongs to the next one
            if not self.dequeue(waiter):
                if self.accept(waiter):
                    self.owner = 0
                    self.free()
                elif not self.word:
                    self.wake(False)
            raise
        self.dequeue(waiter)
        return True

    def accept(self, waiter):
        """Return whether the lock was handed to this wait, and not taken over by a signal handler on top of it."""
        if cython.compiled:
            ld_guard(cython.address(self.guard))
            handed = waiter.handed
            waiter.handed = False
            if handed and self.heir is waiter:
                self.heir = None
            ld_unguard(cython.address(self.guard))
            if handed:
                self.owner = waiter.thread
                self.count = 1
            return handed

    def enqueue(self, waiter, front):
        """Put a wait into the queue. A queue that was made before a fork is dropped.

        A signal handler may wait on top of its own thread's wait for the same lock, and must have the lock first: it is
        queued before that wait; when the lock was handed to that wait already, the handler takes it over: True.
        """
        if cython.compiled:
            ld_guard(cython.address(self.guard))
            if self.forks != ld_generation:
                self.forks = ld_generation
                self.first = self.heir = None
            stolen = self.heir is not None and self.heir.thread == waiter.thread
            if stolen:
                self.heir.handed = False
                self.heir = None
                self.owner = waiter.thread
                self.count = 1
            elif not waiter.queued:           # it still is when a signal woke it
                waiter.queued = True
                if front or self.first is None or self.first.thread == waiter.thread:
                    waiter.next = self.first
                    self.first = waiter
                else:
                    last = self.first
                    while last.next is not None and last.next.thread != waiter.thread:
                        last = last.next
                    waiter.next = last.next
                    last.next = waiter
            ld_unguard(cython.address(self.guard))
            return stolen

    def dequeue(self, waiter):
        """Take this wait out of the queue; return False if it was woken instead."""
        if cython.compiled:
            ld_guard(cython.address(self.guard))
            queued = waiter.queued
            if queued:
                if self.first is waiter:
                    self.first = waiter.next
                else:
                    other = self.first
                    while other is not None and other.next is not waiter:
                        other = other.next
                    if other is not None:     # a handler may have forked, and used the lock in the child
                        other.next = waiter.next
                waiter.next = None
                waiter.queued = False
            ld_unguard(cython.address(self.guard))
            return queued

    def wake(self, hand):
        """Wake the first in the queue, if there is one; with `hand` the lock is its own from now on."""
        if cython.compiled:
            ld_guard(cython.address(self.guard))
            self.hungry = False
            if self.forks != ld_generation:
                self.first = None
            waiter = self.first
            if hand:
                self.heir = waiter
            if waiter is not None:
                self.first = waiter.next
                waiter.next = None
                waiter.queued = False
                waiter.handed = hand
            ld_unguard(cython.address(self.guard))
            if waiter is None:
                return False
            waiter.wake()
            return True

    def acquire(self, blocking=True, timeout=FOREVER):
        """Take the lock; see threading.Lock.acquire."""
        if blocking is True and timeout is FOREVER:
            return self.try_fast() or self.lock_slow(current(), BLOCKING, FOREVER)
        _allocate_lock().acquire(blocking, timeout)       # CPython's own checks of the arguments, word for word
        return self.lock_slow(current(), mode_of(blocking, timeout), timeout)

    def release(self):
        """Free the lock. RuntimeError if it is not locked. Any thread may do this."""
        self.unlock_here()

    @property
    def waiting(self):
        """How many threads sleep until they have the lock."""
        return list(_waits.values()).count(self.serial)

    def locked(self):
        """Return whether somebody holds the lock."""
        if self.raw is not None:
            return self.raw.locked()
        return self.word != 0

    def __enter__(self):
        return self.try_fast() or self.lock_slow(current(), BLOCKING, FOREVER)

    def __exit__(self, kind=None, value=None, trace=None, /):
        self.unlock_here()

    enter_timed, exit_timed = __enter__, __exit__         # those of the pure build are written out below

    def init(self):
        """Start a new life, as a lock that nobody holds; a finding if somebody does."""
        DepMap.init(self)
        self.clear()

    def _is_owned(self):
        return self.locked()                  # what Condition's own try-acquire of a plain lock means

    def _at_fork_reinit(self):
        state = current()
        at = state.find(self.serial)
        if at:
            state.drop(at)
        self.clear()

    def clear(self):
        self.owner = 0
        self.first = self.heir = None
        self.hungry = False
        self.guard = 0
        if self.raw is not None:
            self.raw._at_fork_reinit()
        else:
            self.word = 0

    @property
    def _owner(self):
        holder = find_thread(self.owner)      # gevent and debuggers read it: the ident of the holder
        return None if holder is None else holder.ident

    @_owner.setter
    def _owner(self, ident):
        """Nothing: gevent writes it to locks that are held when it patches."""

    def __repr__(self):
        kind = type(self)
        state = "locked" if self.locked() else "unlocked"
        return f"<{state} {kind.__module__}.{kind.__qualname__} object{self.describe()} at {id(self):#x}>"

    def describe(self):
        return ""

    def __reduce_ex__(self, protocol):
        raise TypeError(f"cannot pickle {type(self).__qualname__!r} object")


def mode_of(blocking, timeout):
    if not blocking or timeout == 0:
        return TRY
    return BLOCKING if timeout < 0 else TIMED


def ignore_arguments():
    """Do what threading.RLock does with arguments: nothing, and since 3.13 say so."""
    if ARGUMENTS_DEPRECATED:
        note = "Passing arguments to RLock is deprecated and will be removed in 3.15"
        _warnings.warn(note, DeprecationWarning, 1 if cython.compiled else 3)


class OwnedLock(ExclusiveLock):
    """A lock that its holder alone may release and never takes again; its waits look again for a while, then sleep.

    The rest is ExclusiveLock's, and costs the same. What is done against the rules changes nothing: RuntimeError.
    """

    __slots__ = ()

    def check_owner(self, state):
        if self.owner != state.serial:
            if self.is_tracked(state):
                _link.hooks.misuse(state, self)
            raise RuntimeError("unlock of a lock that another thread holds" if self.owner else "unlock of a free lock")

    def spin(self, timeout, serial):
        """Let others run a few times, as long as the holder is not asleep itself (kernel: mutex_optimistic_spin)."""
        if self.owner == serial and timeout < 0:   # where nothing is tracked, nobody has said so yet
            raise RuntimeError("this thread holds the lock already, and would wait for ever")
        for _ in range(SPINS):
            if self.owner and self.owner in _waits:
                break
            if cython.compiled:
                ld_relax(cython.address(self.word))
            else:
                sleep(0)
            if self.take(serial):
                return True
        return False


class RecursiveLock(ExclusiveLock):
    """A lock its holder may take again: threading.RLock. Only the outermost acquisition counts as one."""

    __slots__ = ()

    def __init__(self, name=None, *more, raw=None, **others):
        if more or others or isinstance(name, int):       # the `verbose` of Python 2 lives on in programs
            name = ignore_arguments()
        self.enroll(type(self), name, None)
        self.equip(_thread.RLock() if raw is None and not cython.compiled else raw)

    def acquire(self, blocking=True, timeout=FOREVER):
        """Take the lock, or take it once more; see threading.RLock.acquire."""
        if blocking is True and timeout is FOREVER:
            return self.enter_blocking()
        _allocate_lock().acquire(blocking, timeout)
        return self.enter(mode_of(blocking, timeout), timeout)

    def __enter__(self):
        return self.enter_blocking()

    @cython.final
    def enter_blocking(self):
        if cython.compiled:                   # the word of a lock that is held is never free, not even for its holder
            if cython.cast(ExclusiveLock, self).try_fast():       # called directly: as its own it is looked up
                return True
        return self.enter(BLOCKING, FOREVER)

    def enter(self, mode, timeout):
        state = current()
        if self.owner == state.serial:
            self.count += 1
            return True
        if mode == BLOCKING and not cython.compiled and self.take_along(state, self.hint):
            return True
        return self.lock_slow(state, mode, timeout)

    def release(self):
        """Undo one acquisition. RuntimeError unless this thread holds the lock."""
        self.leave_once()

    def __exit__(self, kind=None, value=None, trace=None, /):
        self.leave_once()

    @cython.final
    def leave_once(self):
        if cython.compiled:
            here = ld_tls
            if here is not cython.NULL:
                return self.leave(cython.cast(ThreadState, here))
        return self.leave(current())

    @cython.final
    def leave(self, state):
        if self.owner != state.serial:
            _link.hooks.misuse(state, self)
            raise RuntimeError("cannot release un-acquired lock")
        if self.count > 1:
            self.count -= 1
            return 0
        if cython.compiled:
            return cython.cast(ExclusiveLock, self).unlock_real(state)
        return self.unlock_real(state)

    def locked(self):
        """Return whether somebody holds the lock."""
        return self.owner != 0

    def _is_owned(self):
        return self.owner == current().serial

    def _recursion_count(self):
        return self.count if self._is_owned() else 0

    def _release_save(self):
        if not self._is_owned():
            raise RuntimeError("cannot release un-acquired lock")
        count = self.count
        self.unlock_real(current())
        return count

    def _acquire_restore(self, count):
        self.enter(BLOCKING, FOREVER)
        self.count = count

    def describe(self):
        return f" owner={self._owner or 0} count={self.count if self.owner else 0}"


if not cython.compiled:
    # A Python call costs more than the work it would name: the two hot methods are written out. No call stands
    # between the try and the last
    # store, so no signal handler can run there.

    def _enter(lock):
        try:
            state = _local.state
        except AttributeError:
            state = enter_thread()
        child = lock.hint
        if lock.run == state.run and child.gate is state.chain:
            for got in lock.tries:
                break
            if got:
                lock.owner = state.serial
                lock.acquisitions += 1
                child.entry.tally.count += 1
                state.serials[child.depth] = lock.serial
                state.chain = child
                return True
        return lock.lock_slow(state, BLOCKING, FOREVER)

    def _exit(lock, kind=None, value=None, trace=None, /):
        try:
            state = _local.state
        except AttributeError:
            state = enter_thread()
        chain = state.chain
        if lock.hint is chain and lock.owner == state.serial:     # a hint is never a chain with its class in it twice
            state.chain = chain.parent
            lock.owner = 0
            lock.raw.release()
        else:
            lock.unlock_real(state)

    def _del(lock, forget=DepMap.forget):
        if lock.owner or lock.holds or lock.crossed or (lock.witnessed and lock.entry.watched):
            forget(lock)

    ExclusiveLock.__enter__ = _enter
    ExclusiveLock.__exit__ = _exit
    RecursiveLock.__enter__ = RecursiveLock.enter_blocking
    DepMap.__del__ = _del
