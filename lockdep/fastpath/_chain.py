"""Chains: the trie of validated sequences of held locks.

A Chain is a node: one more lock, taken in one way (an Entry), by a thread that already holds those of the parent. A
thread stands in one chain; a lock caches the last chain it led to, its hint. Chains and entries are never freed:
resetting the validator starts a new trie and leaks the old one, because threads may still stand in it.
"""

from __future__ import annotations

try:
    import cython
except ModuleNotFoundError:
    from lockdep.fastpath import _cython_absent as cython

if not cython.compiled:
    from lockdep.fastpath._link import _link, fence
    from lockdep.fastpath._modes import BLOCKING, ROOM
    from lockdep.fastpath._tally import find_tally

COMPILED = cython.compiled
MOST_WAITING = 16                             # sightings of one chain, until it is judged
MOST_TAKERS = 8                               # other threads that are seen on a known chain
MOST_SETTLED = 64                             # combinations of instances on a known chain that need not be seen again
MOST_STUBS = 65536                            # chains that are kept though they were never validated


class Entry:
    """How a class is taken: the key of a step in the trie. There is one Entry for each (class, mode).

    `watched` is True once the class is part of a dependency: then it matters when its instances die. `taken` counts the
    locks made with this entry that were ever taken. `takers` has two that live, as number -> (weak reference, thread
    that took it first): two different threads, if there are any. It is a dictionary because several threads write it.
    """

    __slots__ = ("lock_class", "mode", "taken", "takers", "tally", "watched")

    def __init__(self, lock_class, mode):
        self.lock_class = lock_class
        self.mode = mode
        self.watched = False
        self.taken = 0
        self.takers = {}
        self.tally = find_tally(lock_class, mode & 3 != 0)
        if cython.compiled:
            ld_immortal(self)


class Chain:
    """A sequence of held locks: those of `parent`, and one more taken as `entry`.

    `gate` is `parent` if locks may cache this node as their hint; otherwise a sentinel that never equals a thread's
    chain, so that the comparison with it fails. `twin` is the depth of the held lock of the same class whose instance
    decides whether the chain is valid, 0 if there is none; `judged` says that this must be decided each time, or with
    `by_pair` once for each pair of that instance and the new one. A node that is not `known` was walked through while
    held locks were walked again, but no thread has seen it itself. A `young` one was only seen with locks that the
    thread had just made. `more` is how many further threads shall be seen on it; `settled` has what none of them would
    add anything to: see `settle`. The pure build keeps in `first` the stack on which it was seen first.
    """

    __slots__ = (
        "parent", "gate", "entry", "children", "depth", "twin", "first", "judged", "by_pair", "known",
        "more", "waiting", "last_lock", "last_held", "settled", "young",
    )  # fmt: skip

    def __init__(self, parent, entry):
        self.parent = parent
        self.entry = entry
        self.first = None
        self.gate = _nowhere
        self.children = None
        self.judged = self.by_pair = self.known = self.young = False
        self.more = -1                        # it was not admitted yet
        self.waiting = 0                      # sightings of it, until it is judged
        self.settled = None
        self.last_lock = self.last_held = 0   # serials of the locks in the last one
        self.twin = 0
        if cython.compiled:
            ld_mark(self)                     # other threads ask where a thread stands
            self.number = 0 if entry is None else entry.tally.number
        self.depth = 0 if parent is None else parent.depth + 1

    def admit(self):
        """Put this node into the trie as one that need not be judged any more, except for its instances."""
        self.known = True
        self.waiting = 0
        if self.more < 0:
            self.more = MOST_TAKERS
        if self.parent is not None and not self.judged and not self.young and self.depth < ROOM:
            self.open_to(self.parent)
        self.place()

    def meet(self, lock, held):
        """Return whether an acquisition along this node shall be seen, which waits to be judged: other instances."""
        if (self.last_lock == lock and self.last_held == held) or self.waiting >= MOST_WAITING:
            return False
        self.waiting += 1
        self.last_lock = lock
        self.last_held = held
        return True

    def forget(self):
        """Let this node be seen as new at its next occurrence: it could not be judged."""
        self.known = False
        self.waiting = self.last_lock = self.last_held = 0
        self.open_to(_nowhere)

    def settle(self, key):
        """Let no further thread be seen on this node with these instances: what is known says as much.

        `key` has the serial of the lock, that of the thread's pool, and those of the held locks.
        """
        if self.settled is None:
            self.settled = set()              # once: the caller holds the graph lock
        if len(self.settled) < MOST_SETTLED:
            self.settled.add(key)

    def is_settled(self, serial, origin, held):
        """Return whether a thread whose run has this origin need not be seen with these instances; see `settle`."""
        if self.settled is None or self.judged:
            return False
        pool = getattr(origin, "pool", None)
        return (serial, 0 if pool is None else pool.serial, *held) in self.settled

    def judge_instances(self, twin, by_pair):
        """Have each acquisition along this node seen, for the sake of its instances."""
        self.twin = self.twin or twin
        self.by_pair = by_pair
        self.judged = True
        self.open_to(_nowhere)

    def open_to(self, gate):
        """Set the gate. Any thread may do this: it is this node's parent or _nowhere, which both live for ever."""
        if cython.compiled:
            set_gate(self, gate)
        else:
            self.gate = gate
        return 0

    def place(self):
        """Put this node into the trie."""
        if cython.compiled:
            ld_immortal(self)
            fence()                           # what it says comes before all that leads to it
        if self.parent is not None:
            if cython.compiled:
                ld_immortal(self.parent)      # it may be the gate
            self.parent.have_children()
            self.parent.children[self.entry] = self

    def have_children(self):
        """Make the table of children, once: several threads may come at a time."""
        if cython.compiled:
            if ld_get(children_of(self)) == cython.cast(cython.pointer(PyObject), None):
                ld_set_once(children_of(self), {})
        elif self.children is None:
            self.children = {}
        return 0

    def child(self, key):
        """Return the child for an entry, or the root for a context; None if there is none."""
        if cython.compiled:
            table = ld_get(children_of(self))
            if table != cython.cast(cython.pointer(PyObject), None):
                return find_in(cython.cast(dict, table), key)
            return None
        return None if self.children is None else self.children.get(key)

    def follow(self, entry, like):
        """Return the child for an entry, whether any thread has seen it or not. `like` is the node that it replaces."""
        child = self.child(entry)
        if child is None:
            child = Chain(self, entry)
            child.first = like.first
            if _link.stubs < MOST_STUBS:
                _link.stubs += 1
                child.place()
        return child

    def context_root(self, key):
        """Return the root for a context. This is the root of ordinary code, whose key is None."""
        if key is None:
            return self
        self.have_children()
        root = self.child(key)
        if root is None:
            root = Chain(None, None)
            root.admit()
            root = self.children.setdefault(key, root)
        return root


_nowhere = None
_nowhere = Chain(None, None)                  # no thread ever stands here: the hint of a lock that has none
_nowhere.gate = _nowhere
_nowhere.admit()
_unrooted = Chain(None, None)                 # where a thread stands before it is given a root
_unrooted.admit()
_untracked = Entry(None, BLOCKING)            # how a lock is taken that belongs to no class


def sentinels():
    """Return the entry of locks that belong to no class, and the chain in which no thread ever stands."""
    return _untracked, _nowhere
