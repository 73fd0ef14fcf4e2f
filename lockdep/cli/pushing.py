"""What `lockdep run --store` does after the program's end: another process, `lockdep push`, stores what was seen.

That process has no part in the program: none of its locks, modules, patches or file descriptors is used, and SQLAlchemy
is not imported here. It gets the environment that the program was started with, and SECONDS to do its work. If it
cannot, one line says so, and the exit status of the program is what it was.
"""

from __future__ import annotations

import _thread
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import lockdep
from lockdep import fastpath
from lockdep.cli.command_line import UsageError, say
from lockdep.cli.origin import NAMES, address_of, origin_of
from lockdep.processes.folder import remove_tree, temporary_folder
from lockdep.store.parts import MOST_BYTES

if TYPE_CHECKING:
    from lockdep.snapshots.snapshot import Snapshot

SECONDS = 30.0  # that the other process has; then it is killed, and what it has not stored is not there at all
PAUSE = 0.01  # seconds between two looks whether it has ended
PUSH = "import sys; sys.path.append({root!r}); from lockdep.cli import main; sys.exit(main())"


class Pushing:
    """A store, and the names under which a run is stored there. It is made before the program runs."""

    def __init__(self, url: str, names: Mapping[str, str | None]) -> None:
        """Raise UsageError if the URL or a name cannot be used, or SQLAlchemy is not installed."""
        address = address_of(url)
        origin_of(names, "program")
        if find_spec("sqlalchemy") is None:
            raise UsageError("a store needs SQLAlchemy: pip install lockdep[store]")
        if not hasattr(os, "posix_spawn"):
            raise UsageError("--store needs POSIX: use --snapshot here, and `lockdep push`")
        given = [word for name in NAMES if (value := names[name]) for word in (f"--{name}", value)]
        root = str(Path(lockdep.__file__).parents[1])
        # -P: a module in the program's folder does not hide one that is needed.
        self._command = [sys.executable, "-P", "-c", PUSH.format(root=root), "push", *given]
        self._url = address.url or str(address.path)
        self._environment = dict(os.environ)

    def push(self, seen: Snapshot) -> None:
        """Store what was seen; if that fails, say so in a line. At most SECONDS."""
        state = fastpath.thread_state()
        state.off += 1  # what this thread does here is not the program's
        try:
            reason = self._try(seen)
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
        finally:
            state.off -= 1
        if reason:
            say(f"lockdep: error: what was seen is not stored: {reason}")

    def _try(self, seen: Snapshot) -> str:
        """Store it; return why it is not, or nothing."""
        folder = temporary_folder()
        path, told = os.path.join(folder, "run.json"), os.path.join(folder, "told")
        try:
            save(seen, path)
            if not ends_in_time(self._start(path, told)):
                return f"no answer from {self._shown} within {SECONDS:.0f} s"
            with open(told, encoding="utf-8", errors="replace") as file:
                text = file.read()
        finally:
            remove_tree(folder)
        if text.startswith(f"{path}: "):
            return ""
        last = text.strip().rpartition("\n")[2] or "the process that stores it has said nothing"
        return last.removeprefix("lockdep: error: ").removeprefix(f"{path}: ")

    @property
    def _shown(self) -> str:
        return str(address_of(self._url))

    def _start(self, path: str, told: str) -> int:
        """Start the process, whose output goes to a file; return its number."""
        import posix  # the functions of `os` may be replaced, by the program or by us

        null = (posix.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)
        output = (posix.POSIX_SPAWN_OPEN, 1, told, os.O_WRONLY | os.O_CREAT, 0o600)
        both = (posix.POSIX_SPAWN_DUP2, 1, 2)
        # In a session of its own: Ctrl-C is for the program.
        return posix.posix_spawn(
            self._command[0], [*self._command, path, self._url], self._environment,
            file_actions=(null, output, both), setsid=True,
        )  # fmt: skip


def save(seen: Snapshot, path: str) -> None:
    """Write a snapshot; one that is too large for a store without its chains, of which reports need nothing."""
    seen.save(path)
    size = os.path.getsize(path)
    if size > MOST_BYTES and seen.chains:
        say(f"lockdep: note: {len(seen.chains)} chains are not stored: what was seen has {size >> 20} MB")
        replace(seen, chains=()).save(path)


def ends_in_time(process: int) -> bool:
    """Wait until a process has ended, and return True; kill it after SECONDS, or if this is interrupted."""
    import posix

    sleep = _thread.allocate_lock()  # `time.sleep` may be replaced, too
    sleep.acquire()
    limit = monotonic() + SECONDS
    ended = False
    try:
        while not ended and monotonic() < limit:
            sleep.acquire(timeout=PAUSE)
            ended = has_ended(process, posix.WNOHANG)
    finally:
        if not ended:
            posix.kill(process, signal.SIGKILL)
            has_ended(process, 0)
    return ended


def has_ended(process: int, options: int) -> bool:
    """Return whether a child has ended; also if the program has been told that before us, or wants not to be told."""
    import posix

    try:
        return posix.waitpid(process, options)[0] == process
    except ChildProcessError:
        return True
