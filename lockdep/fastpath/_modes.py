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
FOREVER = -1  # a timeout: no limit
UNTIL_SIGNAL = -2  # a timeout: no limit, but a signal handler ends the wait with InterruptedError
