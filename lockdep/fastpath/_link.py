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
        "asleep", "crowd", "fork_count", "hooks", "interrupts", "locate", "lost", "max_instances",
        "ours", "patience", "prompt", "room", "root", "stack_depth", "stubs",
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
        self.asleep = {}                      # serial of a thread that waits for an ExclusiveLock -> that of the lock
        self.stubs = 0                        # chains that were walked through but never validated
        self.crowd = 64                       # threads that may end with a lock held before they are looked through
        self.fork_count = 0


_link = Link()


def new_serial():
    """Return a number that no lock, thread or run has had. It also orders events in time."""
    if cython.compiled:
        return ld_next(cython.address(_counter))
    return next(_serials)
