"""How a run comes into a store: another process, `lockdep push`, stores what was seen.

That process has no part in the program: none of its locks, modules, patches or file descriptors is used, and SQLAlchemy
is not imported here. It gets the environment that the program was started with, and SECONDS to do its work.

While the program runs, a third process does so at intervals, with what the processes of the run have written into its
directory (see following.py). It is no child of the program, which may wait for all children that it has, and it costs
the program nothing but the writing.
"""

from __future__ import annotations

import _thread
import json
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import lockdep
from lockdep import fastpath, runtime
from lockdep.processes.folder import RunDirectory, remove_tree, temporary_folder
from lockdep.store.address import Address, StoreError
from lockdep.store.origin import NAMES, origin_of
from lockdep.store.parts import MOST_BYTES

if TYPE_CHECKING:
    from lockdep.snapshots.snapshot import Snapshot

SECONDS = 30.0  # that the other process has; then it is killed, and what it has not stored is not there at all
PAUSE = 0.01  # seconds between two looks whether it has ended
PUSH = "import sys; sys.path.append({root!r}); from lockdep.cli import main; sys.exit(main())"
FOLLOW = "import sys; sys.path.append({root!r}); from lockdep.processes.following import main; main(sys.argv[1])"
SHELL = "/bin/sh"


class Pushing:
    """A store, and the names under which a run is stored there. It is made before the program runs."""

    def __init__(self, url: str, names: Mapping[str, str | None]) -> None:
        """Raise StoreError if the URL or a name cannot be used, or SQLAlchemy is not installed."""
        address = Address.parse(url)
        origin_of(names, "program")
        if find_spec("sqlalchemy") is None:
            raise StoreError("a store needs SQLAlchemy: pip install lockdep[store]")
        if not hasattr(os, "posix_spawn"):
            raise StoreError("this needs POSIX: write a snapshot here, and use `lockdep push`")
        given = [word for name in NAMES if (value := names[name]) for word in (f"--{name}", value)]
        root = str(Path(lockdep.__file__).parents[1])
        # -P: a module in the program's folder does not hide one that is needed.
        self._command = [sys.executable, "-P", "-c", PUSH.format(root=root), "push", *given]
        self._follower = [sys.executable, "-P", "-c", FOLLOW.format(root=root)]
        self._url = address.url or str(address.path)
        self._names = {name: names[name] for name in NAMES}
        self._environment = dict(os.environ)

    def follow(self, folder: RunDirectory, seconds: float) -> bool:
        """Have another process store, each time after so many seconds, what the processes of a run have written.

        Return whether there is one now. It goes on until `folder.leave`; if this process is killed, until it has stored
        all for a last time.
        """
        import posix

        given = json.dumps([folder.path, folder.kept, os.getpid(), seconds, self._url, self._names])
        try:
            folder.follow()
            # The shell ends at once: so the other process is no child of this one.
            shell = posix.posix_spawn(
                SHELL, [SHELL, "-c", '"$@" &', SHELL, *self._follower, given], self._environment,
                file_actions=no_files(), setsid=True,
            )  # fmt: skip
        except OSError:
            return False
        has_ended(shell, 0)
        return True

    def push(self, seen: Snapshot) -> str:
        """Store what was seen; return why that has failed, or ''. At most SECONDS."""
        state = fastpath.thread_state()
        state.off += 1  # what this thread does here is not the program's
        try:
            reason = self._try(seen)
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
        finally:
            state.off -= 1
        return reason

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
        return str(Address.parse(self._url))

    def _start(self, path: str, told: str) -> int:
        """Start the process, whose output goes to a file; return its number."""
        import posix  # the functions of `os` may be replaced, by the program or by us

        null, *_ = no_files()
        output = (posix.POSIX_SPAWN_OPEN, 1, told, os.O_WRONLY | os.O_CREAT, 0o600)
        both = (posix.POSIX_SPAWN_DUP2, 1, 2)
        # In a session of its own: Ctrl-C is for the program.
        return posix.posix_spawn(
            self._command[0], [*self._command, path, self._url], self._environment,
            file_actions=(null, output, both), setsid=True,
        )  # fmt: skip


def no_files() -> list[tuple[Any, ...]]:
    """Return what gives a process no standard input, output and error."""
    import posix

    return [(posix.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in range(3)]


def save(seen: Snapshot, path: str) -> None:
    """Write a snapshot; one that is too large for a store without its chains, of which reports need nothing."""
    seen.save(path)
    size = os.path.getsize(path)
    if size > MOST_BYTES and seen.chains:
        runtime.write_note(f"{len(seen.chains)} chains are not stored: what was seen has {size >> 20} MB")
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
