"""How a lock may be taken, as bits, and other constants that several modules of the fast path share.

This module is plain Python in both builds. _modes.pxd repeats the numbers for C, as compile-time constants; a test
keeps the two equal.
"""

from __future__ import annotations

BLOCKING = 0
READ = 1  # shared; a reader may not be let in while a writer waits
RECURSIVE_READ = 2  # shared; a reader is let in even while a writer waits
TRY = 4  # does not wait
TIMED = 8  # waits for a limited time
NOCHECK = 16  # is not checked against other locks
SYNC = 32  # waits for the holders without taking the lock
NEST = 64  # is serialised by another held lock
PINNED = 128  # its release is reported
UNUSUAL = READ | RECURSIVE_READ | TRY | TIMED | SYNC | NEST | PINNED  # bits from 256 on are those of the context

ROOM = 64  # held locks of a thread before its arrays must grow; locks do not cache chains deeper than that
# What a lock remembers of interrupts, as bits of DepMap.marks. The run of a handler is minus the sum of such bits.
BY_MAIN = 1  # the main thread took it in ordinary code, otherwise than as a recursive reader, while signals could come
IN_SIGNAL = 2  # it was taken inside a signal handler
IN_COLLECTION = 4  # it was taken by what the collector runs
IN_DROP = 8  # it was taken by a finalizer that a reference count ran
ENTERED = 16  # of a sighting: it is taken inside a handler now
FORKED = 32  # of a sighting: the child of a fork takes a lock that another thread of its parent used or held
DROPPED = 64  # ordinary code took it after such a finalizer, and that was seen
READ_BY_MAIN = 128  # like BY_MAIN, as a recursive reader
TOLD = 256  # one more sighting; the bits above count them
MOST_TOLD = 32 * TOLD
IMPORTING = -1048576  # ThreadState.run in an import of a thread that signal handlers can interrupt

# What a notify means, see _handoffs.news_of.
NOTHING = 0
SIGNAL = 1
NEWS = 2

FOREVER = -1  # a timeout: no limit
UNTIL_SIGNAL = -2  # a timeout: no limit, but a signal handler ends the wait with InterruptedError
