"""What the fast path is connected to: the hooks of a validator, and the settings and counters shared by all modules.

`_link` is the only Link. `connect` and `interrupt_with` in _threads change it.
"""

from __future__ import annotations

from itertools import count

try:
    import cython
except ModuleNotFoundError:
    from lockdep.fastpath import _cython_absent as cython

from lockdep.fastpath.hooks import NoHooks

COMPILED = cython.compiled

if not cython.compiled:
    _serials = count(1)
_timing = [0]                                 # 1 while wait and hold times are taken, 2 while they are traced as well


class Link:
    """The connection to a validator. While `root` is None, nothing is tracked."""

    __slots__ = (
        "asleep", "crowd", "drop_scene", "exposed", "fork_count", "forked", "forker", "hooks", "kept", "interrupts",
        "locate", "lost", "max_instances", "ours", "parents", "partly", "patience", "prompt", "renewed", "room", "root",
        "stack_depth", "stubs",
    )  # fmt: skip

    def __init__(self):
        self.root = None                      # the chain of a thread that holds nothing
        self.hooks = NoHooks()                # see hooks.Hooks
        self.locate = None                    # see hooks.Locate
        self.ours = ()                        # directories whose code only passes locks on for others
        self.interrupts = ()                  # see hooks.Interrupt
        self.max_instances = 1024             # locks that a run remembers one by one; beyond that only their classes
        self.room = 0                         # chains that may still be put into the trie
        self.stack_depth = 24                 # frames of a stack that a sighting keeps
        self.prompt = False                   # judge what is new before the lock is taken, since that may raise
        self.lost = 0                         # acquisitions that were not seen, for want of memory
        self.patience = 0.1                   # seconds for others to free a lock that its own holder waits for
        self.asleep = {}                      # serial of a thread that waits -> its Wait, see _waits
        self.stubs = 0                        # chains that were walked through but never validated
        self.crowd = 64                       # threads that may end with a lock held before they are looked through
        self.fork_count = 0
        self.forked = 0                       # in a child: the clock of serials when it began
        self.forker = 0                       # the thread that forked
        self.parents = {}                     # serial -> state of the threads that are gone
        self.kept = frozenset()               # serials of the locks that it held
        self.renewed = set()                  # serials of locks that have begun a new life since
        self.drop_scene = None                # the context of finalizers that a reference count runs; see interrupt
        self.exposed = 0                      # the run of the main thread while signal handlers can interrupt it, or 0
        self.partly = False                   # only some of them can


_link = Link()


def fence():
    """Make what this thread has written visible to others before it reads on."""
    if cython.compiled:
        ld_fence()
    return 0


def note_lost():
    """Count an acquisition that was not seen, for want of memory."""
    if cython.compiled:
        add(_link.lost, 1)
    else:
        _link.lost += 1
    return 0


def find_in(table, key):
    """Return what a dictionary has for this key, or None. Other threads may change the dictionary meanwhile.

    `dict.get` is no such thing in compiled code: what it finds can be freed before it is used.
    """
    if cython.compiled:
        return ld_find_in(table, key)
    return table.get(key)


def new_serial():
    """Return a number that no lock, thread or run has had. It also orders events in time."""
    if cython.compiled:
        return ld_next(cython.address(_counter))
    return next(_serials)
