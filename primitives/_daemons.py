"""Threads that primitives start for themselves: callbacks, workers of work queues, the thread of the timers.

Starting one takes no lock and waits for nothing, so signal handlers, finalizers and simulated handlers may do it: a
`threading.Thread` would wait until it runs. They are daemon threads: at the exit of the interpreter they stop where
they are. A fork leaves them behind; who has started one resets itself in the child.
"""

from __future__ import annotations

import _thread
import threading
from collections.abc import Callable


def start(run: Callable[[], object], name: str) -> bool:
    """Start a thread that calls `run`. Return False if there can be no new threads, at the interpreter's exit."""
    try:
        _thread.start_new_thread(_body, (run, name))
    except RuntimeError:
        return False
    return True


def _body(run: Callable[[], object], name: str) -> None:
    threading.current_thread().name = name
    try:
        run()
    finally:  # before 3.13 nobody else takes the thread off this list, and a later one with its ident is taken for it
        threading._active.pop(_thread.get_ident(), None)  # type: ignore[attr-defined]


def call(function: Callable[..., object], *arguments: object) -> None:
    """Call a function that has no caller who could catch what it raises: that goes to threading.excepthook.

    SystemExit as well: what comes after this call must still be done.
    """
    try:
        function(*arguments)
    except BaseException as error:
        details = (type(error), error, error.__traceback__, threading.current_thread())
        threading.excepthook(threading.ExceptHookArgs(details))
