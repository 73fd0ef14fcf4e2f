"""Waiting for the end of a process of multiprocessing while this thread holds locks which that one needs.

The wait is in the table of waits. Who holds no lock that processes share waits by the method as it is. Nobody is
reported who has told the process to end.
"""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

from lockdep import fastpath, runtime
from lockdep.patch.changes import Changes
from lockdep.patch.joins import BRIEFLY, timeout_of, wait_as
from lockdep.patch.process_locks import follows
from lockdep.patch.sleeps import will_sleep
from lockdep.patch.wrappers import wrap_method
from lockdep.processes.folder import RunDirectory
from lockdep.processes.needs import Steps, forget, needs_of
from lockdep.trace import TextStack, frame_at, is_hidden
from lockdep.validator.checks.join import Wanted
from lockdep.waits.aims import ProcessEnd
from lockdep.waits.shared import shared_locks

LOOK = 1.0  # seconds between two looks at what the process needs
_told_to_end: weakref.WeakSet[Any] = weakref.WeakSet()


def follow_joins(folder: RunDirectory, changes: Changes, module: ModuleType) -> None:
    """Follow the waits for processes whose notes are in this run directory."""
    wrap_method(changes, module.BaseProcess, "join", partial(follow_join, folder))
    for name in ("terminate", "kill"):
        wrap_method(changes, module.BaseProcess, name, follow_end)


def follow_end(wrapped: Callable[..., None], process: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Remember that a process was told to end: it needs no lock for that."""
    _told_to_end.add(process)
    wrapped(*args, **kwargs)


def follow_join(
    folder: RunDirectory,
    wrapped: Callable[..., None],
    process: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> None:
    """Wait for a process, and report what it needs of this thread."""
    timeout = timeout_of(args, kwargs)
    if not follows() or process._popen is None or process._parent_pid != os.getpid():
        wrapped(*args, **kwargs)
        return
    if timeout is None or timeout > 0:
        will_sleep()
    aim, timed = ProcessEnd(process.name, process.pid), timeout is not None
    call, held = partial(wrapped, *args, **kwargs), held_locks()
    if held and process not in _told_to_end:
        call = partial(Join(folder, process, held, timed=timed).wait, wrapped, timeout)
    wait_as(aim, call, timed=timed)
    if process.exitcode is not None:
        forget(folder, process.pid)


class Join:
    """The wait of this thread for a process, while it holds locks that processes share: see held_locks."""

    def __init__(self, folder: RunDirectory, process: Any, held: dict[str, int], *, timed: bool) -> None:
        self._folder = folder
        self._process = process
        self._held = held
        self._timed = timed
        self._known = 0  # how many needs of the process were looked at

    def wait(self, wait: Callable[[float | None], None], timeout: float | None) -> None:
        """Wait until the process or the timeout has ended, and look at its needs meanwhile and at the end."""
        end = None if timeout is None else time.monotonic() + timeout
        nap = BRIEFLY
        while self._process.exitcode is None:
            left = nap if end is None else min(nap, end - time.monotonic())
            if left <= 0:
                break
            wait(left)
            self.look()
            nap = LOOK
        wait(0)
        if self._process.exitcode is None or self._process.exitcode >= 0:  # else a signal has ended it
            self.look()

    def look(self) -> None:
        """Report the locks of this thread that the process needs, as far as that is new."""
        needs = needs_of(self._folder, self._process.pid)
        if len(needs) == self._known:
            return
        self._known = len(needs)
        wanted: dict[int, Wanted] = {}
        for need in needs:
            if need.lock in self._held:
                wanted.setdefault(self._held[need.lock], Wanted(stack_of(need.steps), need.timed))
        if wanted:
            thread, name = fastpath.thread_state(), self._process.name
            runtime.validator().process_joined(thread, wanted, name, needs[0].place, timed=self._timed)


def held_locks() -> dict[str, int]:
    """Return the serials of the locks that this thread holds and other processes can hold, too, by their identities."""
    held = {serial for _, serial in fastpath.thread_state().held()}
    return {lock.identity: serial for serial, lock in shared_locks().items() if serial in held} if held else {}


def stack_of(steps: Steps) -> TextStack:
    """Return a stack of another process as it is shown."""
    return TextStack(tuple(frame_at(*step) for step in steps if not is_hidden(step[0])))
