"""The picture of who holds and who waits, written when a signal comes."""

from __future__ import annotations

import os
import signal
from types import FrameType

from lockdep.waits.waiting import waiting


def dump_on(number: int, descriptor: int = 2) -> None:
    """Write the picture of `lockdep.waiting()` to a file descriptor whenever the signal `number` comes.

    The handler runs in the main thread, also while that waits for a lock or for another thread, and takes no lock of
    the program. ValueError if this is not the main thread. It replaces the handler that was there.
    """

    def dump(_number: int, _frame: FrameType | None) -> None:
        write_all(descriptor, str(waiting()).encode("utf-8", "backslashreplace"))

    signal.signal(number, dump)


def write_all(descriptor: int, data: bytes) -> None:
    """Write all bytes, unless that fails: a program does not die of a picture."""
    try:
        while data:
            data = data[os.write(descriptor, data) :]
    except OSError:
        pass
