"""What a process that listens answers: a snapshot of itself; or it starts, stops or clears its clocks."""

from __future__ import annotations

from lockdep import fastpath, lock_stat
from lockdep.live import listen
from lockdep.live.taking import snapshot

_ACTIONS = {"start": lock_stat.start, "stop": lock_stat.stop, "clear": lock_stat.clear}


def listen_here(path: str | None = None) -> str:
    """Let others of this user look into this process; return the path of the socket."""
    return listen.listen(answer, path)


def answer(command: str) -> str:
    """Return the text for one command. Nothing that is done for it is tracked."""
    state = fastpath.thread_state()
    state.off = 1
    state.mark()
    if command == "snapshot":
        return snapshot().dumps()
    action = _ACTIONS.get(command)
    if action is None:
        return f"unknown command {command!r}: one of {', '.join(listen.COMMANDS)}\n"
    action()
    return "done\n"
