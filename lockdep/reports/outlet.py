"""Where reports are written while the program runs: a file descriptor, by default that of standard error.

Writing must not stop the program. What a full pipe does not take is kept, and written when there is room again, at the
latest when the program ends. os.write is used, which takes no Python lock and no stream of the program. Nothing is
written to a file that the program has opened under the same number meanwhile: then, or when the program has closed the
descriptor, the duplicate is used that was made at the start.
"""

from __future__ import annotations

import _thread
import select
import stat
from collections import deque

# By these names, not as attributes: tests put mocks in their place, which must not be called by us.
from os import O_APPEND, close, fstat
from os import write as write_to
from time import monotonic

from lockdep.blame import let_pass

MOST_KEPT = 1 << 20  # bytes; what comes after them is dropped, and counted
CHUNK = 4096  # bytes that a pipe takes at once if it is ready (PIPE_BUF)
SECONDS = 0.02  # how long one report waits for its reader
SECONDS_AT_END = 1.0
HIGH = (200, 100, 50, 25, 10)  # the least number of a duplicate: a program may rely on the numbers that come next
POLL = getattr(select, "poll", None)


class Outlet:
    """A file descriptor for reports; None for nowhere."""

    def __init__(self, descriptor: int | None) -> None:
        self.descriptor = descriptor
        self._opened = identity(descriptor)
        self._duplicate: int | None = None
        self._kept: deque[bytes] = deque()
        self._size = 0
        self._dropped = 0
        self._patience = SECONDS_AT_END
        self._writing = _thread.allocate_lock()

    def keep(self) -> None:
        """Make the duplicate, unless there is one. Programs that this one starts do not inherit it."""
        if self._duplicate is None and self.descriptor is not None:
            self._duplicate = duplicate(self.descriptor)

    def release(self) -> bool:
        """Close the duplicate, unless the program has done that; return whether it was closed now."""
        number, self._duplicate = self._duplicate, None
        if number is None or identity(number) != self._opened:
            return False
        close(number)
        return True

    def write(self, text: str) -> None:
        """Write text as soon as there is room for it. Waits for at most SECONDS; errors are ignored."""
        if self.descriptor is None:
            return
        data = text.encode("utf-8", "backslashreplace")
        if self._size + len(data) > MOST_KEPT:
            self._dropped += 1
        else:
            self._size += len(data)
            self._kept.append(data)
        self.flush(SECONDS if len(self._kept) == 1 else 0)

    def end(self) -> None:
        """Write what was kept. A reader that does not read is waited for once, for at most SECONDS_AT_END."""
        if self._dropped and not self._kept:
            dropped, self._dropped = self._dropped, 0
            self.write(f"lockdep: {dropped} reports were dropped: nobody read what was written before\n")
        self.flush(self._patience)
        if self._kept:
            self._patience = 0.0

    def forked(self) -> None:
        """Go on in the child of a fork: the parent writes what was kept.

        The child has no duplicate: it may be a daemon, and somebody may wait until it closes the pipe.
        """
        self.release()
        self._writing = _thread.allocate_lock()
        self._kept = deque()  # without the GIL, a thread that is gone may have held the old one's own lock
        self._size = 0

    def flush(self, seconds: float) -> None:
        """Write what was kept. One thread does it at a time, and writes what others add meanwhile, too."""
        deadline = monotonic() + seconds
        while self._kept:
            got = False
            try:
                for got in map(self._writing.acquire, (False,)):  # noqa: B007 - a step, not a call: see validator.guarded
                    break
                if not got or not self._write_kept(deadline):
                    return
            finally:
                if got:
                    self._writing.release()

    def _write_kept(self, deadline: float) -> bool:
        """Write until nothing is kept; return False if there was no room before the deadline."""
        while self._kept:
            data = self._kept[0]
            written = self._write_some(data, deadline)
            if not written:
                return False
            self._size -= written
            if written == len(data):
                self._kept.popleft()
            else:
                self._kept[0] = data[written:]
        return True

    def _write_some(self, data: bytes, deadline: float) -> int:
        """Return how many bytes were written. If the descriptor is of no use any more, all data is taken as written."""
        number = self._usable()
        if number is None:
            return len(data)
        try:
            if not writable(number, max(0.0, deadline - monotonic())):
                return 0
            return write_to(number, data[:CHUNK])
        except (OSError, ValueError) as error:
            let_pass(error)  # a handler's TimeoutError is an OSError, too
            return 0 if isinstance(error, BlockingIOError) else len(data)

    def _usable(self) -> int | None:
        """Return the number to write to now: the descriptor, its duplicate, or None if both are something else now."""
        if self._is_ours():
            return self.descriptor
        if self._opened is not None and identity(self._duplicate) == self._opened:
            return self._duplicate
        return None

    def _is_ours(self) -> bool:
        """Return whether the descriptor is what it was, or what a program makes its standard error: not its data."""
        now = identity(self.descriptor)
        if now is None or now == self._opened:
            return now is not None
        try:
            known = fstat(self.descriptor or 0)
        except OSError as error:
            let_pass(error)
            return False
        kind = known.st_mode
        captured = known.st_nlink == 0  # a temporary file that nobody else can open
        log = stat.S_ISREG(kind) and (captured or is_appended(self.descriptor or 0))
        return stat.S_ISCHR(kind) or stat.S_ISFIFO(kind) or log


def identity(descriptor: int | None) -> tuple[int, int] | None:
    """Return what tells an open file from others; None if it is closed."""
    try:
        known = fstat(-1 if descriptor is None else descriptor)
    except OSError as error:
        let_pass(error)
        return None
    return known.st_dev, known.st_ino


def duplicate(descriptor: int) -> int | None:
    """Return another number of the same open file, which no other program inherits; None if there is none left."""
    for least in HIGH:
        try:
            import fcntl

            return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, least)
        except (ImportError, OSError) as error:  # of this number, if the process may have few
            let_pass(error)
    return None


def is_appended(descriptor: int) -> bool:
    """Return whether a file was opened as a log is, and not as a database is, or data that are written anew."""
    try:
        import fcntl
    except ImportError:
        return False
    return bool(fcntl.fcntl(descriptor, fcntl.F_GETFL) & O_APPEND)


def writable(descriptor: int, seconds: float) -> bool:
    """Wait until a write will not block, and return True; or for `seconds`, and return False."""
    if POLL is None:
        return True
    poll = POLL()
    poll.register(descriptor, select.POLLOUT)
    return bool(poll.poll(seconds * 1000))


STANDARD_ERROR = Outlet(2)
