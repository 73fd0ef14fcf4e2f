"""The process that stores at intervals what the processes of a run have written into its directory.

It is started before the program, see pushing.py, and is no child of it. When the run has ended, its first process has
said so there, and stores everything itself. If that process was killed, all is stored for a last time here,
and the directory is removed.

One push at a time: what is new meanwhile is part of the next one, so nothing waits in a queue. While the process waits,
it has imported nothing but this.
"""

from __future__ import annotations

import json
import os
import select
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lockdep.processes.folder import RunDirectory
    from lockdep.processes.merged import Whole

LOOK = 1.0  # seconds between two looks whether a process has ended, where the system cannot tell
AFTER_KILL = 2.0  # seconds in which the other processes of the run write their last parts
TRIES = 3  # to read the directory in another second than that in which the newest part was taken


def main(text: str) -> None:
    """Store the directory again and again."""
    path, kept, pid, seconds, url, names = json.loads(text)
    os.closerange(3, 256)  # what the program was started with is not ours
    first, follower = Watch(pid), Follower(path, url, names)
    over = False
    while not over:
        over = first.ends_within(seconds)
        if over and follower.is_wanted():
            time.sleep(AFTER_KILL)
        if not follower.is_wanted():
            return
        follower.push()
    follower.remove(kept=kept)


class Watch:
    """Looks whether a process has ended that is no child of this one."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._poll: select.poll | None = None
        try:
            descriptor = os.pidfd_open(pid)
        except (AttributeError, OSError):  # not on Linux, an old one, or the process has ended
            return
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)

    def ends_within(self, seconds: float) -> bool:
        """Return whether it ends before so many seconds have passed."""
        if self._poll is not None:
            return bool(self._poll.poll(seconds * 1000))
        limit = time.monotonic() + seconds
        while (left := limit - time.monotonic()) > 0:
            if not self._is_there():
                return True
            time.sleep(min(left, LOOK))
        return not self._is_there()

    def _is_there(self) -> bool:
        try:
            os.kill(self._pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:  # it has other rights by now
            return True
        return True


class Follower:
    """Stores what is in a run directory, if that has changed, and counts how often that fails."""

    def __init__(self, path: str, url: str, names: dict[str, str | None]) -> None:
        self._path, self._url, self._names = path, url, names
        self._stored: dict[str, str] = {}  # when each process was taken, at the last push
        self._failures = 0

    def is_wanted(self) -> bool:
        """Return whether the directory is still to be stored."""
        return self._folder().is_followed()

    def push(self) -> None:
        """Store it. Whatever goes wrong is noted in the directory."""
        try:
            reason = self._try()
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
        if reason:
            self._failures += 1
            self._folder().fail(f"{self._failures} time{'s' * (self._failures != 1)}, at last: {reason}")

    def _try(self) -> str:
        from lockdep.processes.pushing import Pushing

        whole = settled(self._folder())
        taken = {} if whole is None else {run.id: run.taken for run in whole.snapshot.runs}
        if whole is None or taken == self._stored:
            return ""
        reason = Pushing(self._url, self._names).push(whole.snapshot)
        if not reason:
            self._stored = taken
        return reason

    def remove(self, *, kept: bool) -> None:
        """Remove the directory of a run that was killed, unless it is to be kept."""
        self._folder(kept=kept).remove()

    def _folder(self, *, kept: bool = True) -> RunDirectory:
        from lockdep.processes.folder import RunDirectory

        return RunDirectory(self._path, kept=kept)


def settled(folder: RunDirectory) -> Whole | None:
    """Return what all processes have seen, of another second than this one if that can be had.

    A store takes of two parts of a process the later one, and times are in whole seconds.
    """
    from lockdep.processes.merged import whole_of
    from lockdep.store.parts import time_ago

    for left in reversed(range(TRIES)):
        now = time_ago(0)
        whole = whole_of(folder)
        if whole is None or not left or max(run.taken for run in whole.snapshot.runs) < now:
            break
        time.sleep(1)
    return whole
