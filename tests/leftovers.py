"""What a test may leave behind in the process: held locks, replaced names, callbacks, another validator in force."""

import _frozen_importlib  # type: ignore[import-not-found]
import threading
from queue import Queue

import lockdep.threading  # noqa: F401 - puts a validator in force, which must not happen during a test
from lockdep import fastpath, runtime

PATCHED = (threading, threading.Thread, Queue, _frozen_importlib, _frozen_importlib._ModuleLockManager)


def in_place() -> dict[str, object]:
    """Return everything that a test may change while it runs and has to restore."""
    names = {f"{owner.__name__}.{name}": value for owner in PATCHED for name, value in vars(owner).items()}
    del names["threading.excepthook"]  # before 8.4, pytest has another one in each phase of a test
    return {
        **{name: value for name, value in names.items() if callable(value)},
        "callbacks for findings": tuple(runtime._callbacks),
        "stream of the reports": runtime._Process.outlet.descriptor,
        "validator in force": runtime.validator(),
        "import that goes on": fastpath.thread_state().imports,
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
