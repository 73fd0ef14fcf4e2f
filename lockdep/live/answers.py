"""What a process does when another one asks.

It sends a snapshot of itself or a picture of its threads, as text or as data, or starts, stops or clears its clocks.
"""

from __future__ import annotations

from lockdep import fastpath, lock_stat
from lockdep.live import listen
from lockdep.live.pictures import Picture
from lockdep.live.taking import snapshot
from lockdep.waits.waiting import waiting


class _Here:
    """What this process says of itself to those who ask all processes of a run."""

    run = ""


def belong(run: str) -> None:
    """Say from now on that this process has begun the run in this directory; '': none."""
    _Here.run = run


_ACTIONS = {"start": lock_stat.start, "stop": lock_stat.stop, "clear": lock_stat.clear}


def listen_here(path: str | None = None) -> str:
    """Answer other processes of this user from now on; return the path of the socket. OSError if it cannot be made."""
    return listen.listen(answer, path)


def answer(command: str) -> str:
    """Carry out one command and return the text to send. The locks that this thread takes are not tracked."""
    state = fastpath.thread_state()
    state.off = 1
    state.mark()
    if command == "snapshot":
        return snapshot().dumps()
    if command == "who":
        return str(waiting())
    if command == "picture":
        return Picture.here(_Here.run).dumps()
    action = _ACTIONS.get(command)
    if action is None:
        return f"unknown command {command!r}: one of {', '.join(listen.COMMANDS)}\n"
    action()
    return "done\n"
