"""Which locks a process of multiprocessing needs, for whoever waits for its end while it holds one of them.

A thread that wants such a lock notes that in the run directory before it takes the lock, once for each lock. Daemon
threads do not: the process ends without them. Who holds locks and joins the process reads the notes after a moment,
since that wait may never end, and when the process has ended.

Cost: 50 us the first time that a process takes a lock; nothing in the first process of a run.
"""

from __future__ import annotations

import _thread
import ast
import os
import sys
import threading
from contextlib import suppress
from typing import Any, NamedTuple

from lockdep import runtime
from lockdep.patch import process_locks
from lockdep.patch.changes import Changes
from lockdep.patch.work_items import code_place, described
from lockdep.processes.folder import NEEDS, RunDirectory
from lockdep.trace import capture

MOST_NEEDS = 64  # of a process, to note
MOST_BYTES = 1 << 20  # of the notes of a process, to read
Steps = tuple[tuple[str, int, str], ...]  # file, line and function, innermost first


class Need(NamedTuple):
    """A lock that a thread of another process wants, by its identity; whether with a timeout; and where.

    `place` is where the code of that process begins.
    """

    lock: str
    timed: bool
    place: str
    steps: Steps


class Notes:
    """The notes of this process."""

    def __init__(self, folder: RunDirectory) -> None:
        self._folder = folder
        self._process = 0
        self._known: set[tuple[str, bool]] = set()

    def note(self, lock: process_locks.Followed, timed: bool) -> None:
        """Note that the running thread is about to take a lock, which it does not only try."""
        if self._process != os.getpid():
            self._process, self._known = os.getpid(), set()
        key = lock.identity, timed
        if key in self._known or len(self._known) >= MOST_NEEDS or not is_needed():
            return
        self._known.add(key)
        stack = capture(runtime.validator().options.stack_depth)
        need = Need(*key, own_place(), tuple((step.file, step.line, step.function) for step in stack.steps))
        with suppress(OSError):  # the run has ended, or its disk is full
            append(path_of(self._folder, self._process), repr(tuple(need)))


def keep_notes(folder: RunDirectory, changes: Changes) -> None:
    """Have this process note what it needs in a run directory, until `changes` are taken back."""
    told = process_locks.Notes
    before, told.note = told.note, Notes(folder).note
    changes.undo_by(lambda: setattr(told, "note", before))


def is_needed() -> bool:
    """Return whether multiprocessing has made this process, and its end needs that of the running thread."""
    module: Any = sys.modules.get("multiprocessing.process")
    if module is None or module.parent_process() is None:
        return False
    thread = threading._active.get(_thread.get_ident())  # type: ignore[attr-defined]
    return thread is not None and not thread.daemon  # current_thread() would make one of a foreign thread


def own_place() -> str:
    """Return where the code of this process begins, which multiprocessing has made."""
    process: Any = sys.modules["multiprocessing.process"].current_process()
    return f"process:{code_place(*described(vars(process).get('_target') or type(process).run))}"


def append(path: str, line: str) -> None:
    """Add a line to a file, in one step."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        os.write(file, f"{line}\n".encode("utf-8", "surrogateescape"))
    finally:
        os.close(file)


def path_of(folder: RunDirectory, pid: int) -> str:
    """Return the path of the notes of a process."""
    return folder.at(f"{pid}{NEEDS}")


def needs_of(folder: RunDirectory, pid: int) -> list[Need]:
    """Return what a process has noted until now, the first of each lock."""
    try:
        file = os.open(path_of(folder, pid), os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        with open(file, encoding="utf-8", errors="surrogateescape") as opened:
            lines = opened.read(MOST_BYTES).split("\n")[:-1]
    except OSError:
        return []
    return [need for line in lines if (need := parsed(line)) is not None]


def parsed(line: str) -> Need | None:
    """Return what a line says; None if it is broken."""
    try:
        lock, timed, place, steps = ast.literal_eval(line)
        where = tuple((str(file), int(at), str(function)) for file, at, function in steps)
        return Need(str(lock), bool(timed), str(place), where)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def forget(folder: RunDirectory, pid: int) -> None:
    """Remove the notes of a process that has ended: another one may get its number."""
    with suppress(OSError):
        os.unlink(path_of(folder, pid))
