"""A file that never ends is refused, and a pipe with a snapshot in it is read."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

import lockdep


def test_a_device_that_never_ends_is_no_snapshot() -> None:
    with pytest.raises(ValueError, match="not a snapshot"):
        lockdep.Snapshot.load("/dev/zero")


def test_a_pipe_is_read(tmp_path: Path) -> None:
    taken, pipe = lockdep.snapshot(), tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(taken.dumps(),))
    writer.start()
    assert lockdep.Snapshot.load(pipe) == taken
    writer.join()
