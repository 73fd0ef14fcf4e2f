"""The fast path: what one acquisition and one release cost on a chain of locks that is already known.

One source, two builds: each of the modules in PARTS runs as it is, or is compiled by Cython with the C types of the
.pxd file beside it and the C code of the headers. _build chooses the build for all of them at once.

From the bottom up: _modes has the constants, hooks the seam to a validator, _link what is connected there; _runs says
which threads and work items there are; _tally counts; _chain is the trie of known chains; _sighting has what was new
on one; _site knows where locks are created, owners for what type of object, and _deaths is kept beside them; _parking
is how threads wait; _held is what one thread holds, _thread_state where it stands, and _threads all of them; _stacks
reads their frames; _interrupts runs signal handlers and collections in contexts of their own; _imports knows which
modules are being imported; _tracked is what the validator knows of one lock, _dep_map what a lock says of itself,
_waits who waits for which; _lock and _owned are the locks of threading, and _drop_in makes them; _handoffs finds out
that a hand-off says nothing new; _waitqueue serves all other primitives; a validator protects its data with
_graph_lock, _fork_mask keeps signals for a child, and _repeats has signals come again.
"""

import sys

from lockdep.fastpath._build import BUILD, MODULES, PARTS, load, load_pure, switched_on
from lockdep.fastpath._chain import Chain, Entry, sentinels
from lockdep.fastpath._deaths import freed, has_met, note_death, owner_of
from lockdep.fastpath._dep_map import DepMap
from lockdep.fastpath._drop_in import bare, make_lock, make_rlock, new_lock, new_rlock, pass_for, patched_since, quicken
from lockdep.fastpath._fork_mask import ForkMask
from lockdep.fastpath._graph_lock import GraphLock
from lockdep.fastpath._handoffs import (
    Told,
    hand_over,
    hand_to,
    handed_to,
    holds_more,
    is_settled,
    keep_in,
    kept_in,
    knows,
    news_of,
    note_idle,
    says_nothing,
    spare,
    stretch_goes_on,
)
from lockdep.fastpath._imports import Awaits, Begins, Ends, Import, forget_imports, forget_wanted, loading, note_wanted
from lockdep.fastpath._interrupts import (
    Finalizer,
    Handler,
    collection_begins,
    collection_ends,
    conceal,
    expose,
    exposed,
    fork_was_watched,
    watch_collections,
    watch_drops,
    watch_forks,
    watch_next_fork,
    watch_type,
)
from lockdep.fastpath._link import new_serial
from lockdep.fastpath._lock import ExclusiveLock, switch_stat
from lockdep.fastpath._modes import (
    BLOCKING,
    BY_MAIN,
    ENTERED,
    FORKED,
    IN_COLLECTION,
    IN_DROP,
    IN_SIGNAL,
    NEST,
    NEWS,
    NOCHECK,
    PINNED,
    READ,
    READ_BY_MAIN,
    RECURSIVE_READ,
    SYNC,
    TIMED,
    TRY,
    UNTIL_SIGNAL,
)
from lockdep.fastpath._owned import OwnedLock, RecursiveLock
from lockdep.fastpath._parking import Waiter
from lockdep.fastpath._repeats import end_repeat, repeat_signal
from lockdep.fastpath._runs import MOST_KNOWN, START, Clock, Course, Handed, Origin, Run
from lockdep.fastpath._sighting import Sighting
from lockdep.fastpath._site import Site
from lockdep.fastpath._stacks import standing
from lockdep.fastpath._tally import Tally, counted_by_ended, tallies, trace_events, trace_names
from lockdep.fastpath._thread_state import ThreadState
from lockdep.fastpath._threads import (
    clear_tallies,
    connect,
    ended,
    find_thread,
    forked,
    interrupt_with,
    is_crossed,
    lost,
    parents,
    reap,
    renewed,
    retire,
    thread_count,
    thread_state,
    threads,
)
from lockdep.fastpath._waits import Wait, wait_of, waits
from lockdep.fastpath.greenlets import greenlet_library, greenlets_patched
from lockdep.fastpath.hooks import Hooks, NoHooks, Settings

UNTRACKED, NOWHERE = sentinels()
HAS_GIL = getattr(sys, "_is_gil_enabled", lambda: True)()

__all__ = [
    "BLOCKING", "BUILD", "BY_MAIN", "ENTERED", "FORKED", "HAS_GIL", "IN_COLLECTION", "IN_DROP", "IN_SIGNAL",
    "MODULES", "MOST_KNOWN", "NEST", "NEWS", "NOCHECK", "NOWHERE", "PARTS", "PINNED", "READ", "READ_BY_MAIN",
    "RECURSIVE_READ", "START", "SYNC", "TIMED", "TRY", "UNTIL_SIGNAL", "UNTRACKED", "Awaits", "Begins", "Chain",
    "Clock", "Course", "DepMap", "Ends", "Entry", "ExclusiveLock", "Finalizer", "ForkMask", "GraphLock", "Handed",
    "Handler", "Hooks", "Import", "NoHooks", "Origin", "OwnedLock", "RecursiveLock", "Run", "Settings", "Sighting",
    "Site", "Tally", "ThreadState", "Told", "Wait", "Waiter", "bare", "clear_tallies", "collection_begins",
    "collection_ends", "conceal", "connect", "counted_by_ended", "end_repeat", "ended", "expose", "exposed",
    "find_thread", "forget_imports", "forget_wanted", "fork_was_watched", "forked", "freed", "greenlet_library",
    "greenlets_patched", "hand_over", "hand_to", "handed_to", "has_met", "holds_more", "interrupt_with",
    "is_crossed", "is_settled", "keep_in", "kept_in", "knows", "load", "load_pure", "loading", "lost", "make_lock",
    "make_rlock", "new_lock", "new_rlock", "new_serial", "news_of", "note_death", "note_idle", "note_wanted",
    "owner_of", "parents", "pass_for", "patched_since", "quicken", "reap", "renewed", "repeat_signal", "retire",
    "says_nothing", "sentinels", "spare", "standing", "stretch_goes_on", "switch_stat", "switched_on", "tallies",
    "thread_count", "thread_state", "threads", "trace_events", "trace_names", "wait_of", "waits",
    "watch_collections", "watch_drops", "watch_forks", "watch_next_fork", "watch_type",
]  # fmt: skip
