"""The fast path: what one acquisition and one release cost on a chain of locks that is already known.

One source, two builds: each of the modules in PARTS runs as it is, or is compiled by Cython with the C types of the
.pxd file beside it and the C code of the headers. _build chooses the build for all of them at once.

From the bottom up: _modes has the constants, hooks the seam to a validator, _link what is connected there; _tally
counts; _chain is the trie of known chains; _sighting has what was new on one; _site knows where locks are created;
_parking is how threads wait; _thread_state is what one thread holds, _threads all of them; _dep_map is what the
validator knows of one lock; _lock and _owned are the locks of threading, and _drop_in makes them;
_waitqueue serves all other primitives; _graph_lock is what a validator protects its data with.
"""

import sys

from lockdep.fastpath._build import BUILD, MODULES, PARTS, load, load_pure, switched_on
from lockdep.fastpath._chain import Chain, Entry, sentinels
from lockdep.fastpath._dep_map import DepMap, freed, note_death
from lockdep.fastpath._drop_in import bare, make_lock, make_rlock, new_lock, new_rlock, pass_for, patched_since, quicken
from lockdep.fastpath._graph_lock import GraphLock
from lockdep.fastpath._link import new_serial
from lockdep.fastpath._lock import ExclusiveLock, switch_stat
from lockdep.fastpath._modes import (
    BLOCKING,
    NEST,
    NOCHECK,
    PINNED,
    READ,
    RECURSIVE_READ,
    SYNC,
    TIMED,
    TRY,
    UNTIL_SIGNAL,
)
from lockdep.fastpath._owned import OwnedLock, RecursiveLock
from lockdep.fastpath._parking import Waiter
from lockdep.fastpath._sighting import Sighting
from lockdep.fastpath._site import Site
from lockdep.fastpath._tally import Tally, counted_by_ended, tallies, trace_events, trace_names
from lockdep.fastpath._thread_state import ThreadState
from lockdep.fastpath._threads import (
    clear_tallies,
    connect,
    find_thread,
    forked,
    interrupt_with,
    lost,
    reap,
    retire,
    thread_count,
    thread_state,
    threads,
    waits_for,
)
from lockdep.fastpath.greenlets import greenlet_library, greenlets_patched
from lockdep.fastpath.hooks import Hooks, NoHooks, Settings

UNTRACKED, NOWHERE = sentinels()
HAS_GIL = getattr(sys, "_is_gil_enabled", lambda: True)()

__all__ = [
    "BLOCKING", "BUILD", "HAS_GIL", "MODULES", "NEST", "NOCHECK", "NOWHERE", "PARTS", "PINNED", "READ",
    "RECURSIVE_READ", "SYNC", "TIMED", "TRY", "UNTIL_SIGNAL", "UNTRACKED", "Chain", "DepMap", "Entry",
    "ExclusiveLock", "GraphLock", "Hooks", "NoHooks", "OwnedLock", "RecursiveLock", "Settings", "Sighting", "Site",
    "Tally", "ThreadState", "Waiter", "bare", "clear_tallies", "connect", "counted_by_ended",
    "find_thread", "forked", "freed", "greenlet_library", "greenlets_patched", "interrupt_with", "load", "load_pure",
    "lost", "make_lock", "make_rlock", "new_lock", "new_rlock", "new_serial", "note_death", "pass_for",
    "patched_since", "quicken", "reap", "retire", "sentinels", "switch_stat", "switched_on", "tallies",
    "thread_count", "thread_state", "threads", "trace_events", "trace_names", "waits_for",
]  # fmt: skip
