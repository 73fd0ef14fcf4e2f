"""What a test may leave behind in the process: held locks, replaced names, callbacks, another validator in force."""

import threading
from queue import Queue

import lockdep.threading  # noqa: F401 - puts a validator in force, which must not happen during a test
from lockdep import fastpath, runtime

PATCHED = (threading, threading.Thread, Queue)


def in_place() -> dict[str, object]:
    """Return everything that a test may change while it runs and has to restore."""
    names = {f"{owner.__name__}.{name}": value for owner in PATCHED for name, value in vars(owner).items()}
    return {
        **{name: value for name, value in names.items() if callable(value)},
        "callbacks for findings": tuple(runtime._callbacks),
        "stream of the reports": runtime._Process.outlet.descriptor,
        "validator in force": runtime.validator(),
    }


def drop_held() -> list[int]:
    """Drop all locks that this thread holds. Return their serials."""
    state = fastpath.thread_state()
    serials = [serial for _, serial in state.held()]
    if serials:
        state.revoked.extend((state.serial, serial) for serial in serials)
        state.mark()
        state.settle()
    return serials
