"""threading.Thread: where a thread was made, which locks it takes, and who waits for its end.

Methods are wrapped with wrapt, and wrapt's import takes time and brings many modules (see wrappers.py). A program with
a single thread has nobody to wait for, so wrapt is imported when the first thread is made: by `Thread.__init__`, which
is replaced by a plain function.
"""

from __future__ import annotations

import _thread
import functools
import sys
import threading
import weakref
from collections.abc import Callable
from types import FrameType
from typing import Any

from lockdep import fastpath, runtime, trace
from lockdep.annotations import paused
from lockdep.graph import naming
from lockdep.graph.classes import registry
from lockdep.graph.runs import Run
from lockdep.patch.changes import Changes
from lockdep.patch.joins import RUN, collect_ended, joined, timeout_of, wait_judging
from lockdep.places import Step, step_of

_MADE = "_lockdep_made"  # the attribute of a Thread that says where it was made


def follow_threads(changes: Changes) -> None:
    """Follow threads and futures until `changes` are taken back.

    With other threads running, wrapt is imported here and now: later on, an import could wait for one of them while the
    importing thread holds a lock that it wants.
    """
    wrapping = Wrapping(changes)
    follow_init(changes, wrapping)
    if "wrapt" in sys.modules or _thread._count():
        wrapping.begin()


class Wrapping:
    """Wraps the methods that have to be followed, once."""

    def __init__(self, changes: Changes) -> None:
        self.done = False
        self._changes = changes
        self._guard = _thread.allocate_lock()

    def begin(self) -> None:
        """Import wrapt and wrap the methods. If that fails, say so and let the program go on."""
        if not self._guard.acquire(False):
            return  # another thread does it
        try:
            if not self.done:
                with paused():  # locks that an import takes are no dependencies of the locks that this thread holds
                    import_wrapt()
                    wrap_methods(self._changes)
                self.done = True
        except Exception as error:
            runtime.write_note(f"waits for threads and futures are not followed: cannot import wrapt: {error!r}")
        finally:
            self._guard.release()


def import_wrapt() -> None:
    """Import wrapt. Its own locks are not tracked: one of them is taken in every import, on our behalf."""
    ignored = registry.ignored
    registry.ignored = (*ignored, "wrapt", "wrapt.*")
    try:
        import lockdep.patch.wrappers  # noqa: F401
    finally:
        registry.ignored = ignored


def wrap_methods(changes: Changes) -> None:
    """Wrap the methods of Thread now, and those of concurrent.futures now or when it is imported."""
    from lockdep.patch import futures
    from lockdep.patch.wrappers import wrap

    wrap(changes, threading.Thread, "_set_ident", follow_start)
    wrap(changes, threading.Thread, "join", follow_join)
    futures.follow_futures(changes)


def follow_init(changes: Changes, wrapping: Wrapping) -> None:
    """Replace `Thread.__init__` by a function that remembers where a thread is made, and begins the wrapping.

    It is a plain function and no wrapper, since it has to be there before wrapt is imported.
    """
    original = threading.Thread.__init__

    @functools.wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        if changes.in_force:
            note_maker(self, sys._getframe(1))
            if not wrapping.done and not isinstance(self, threading._DummyThread):  # made by C code, never waited for
                wrapping.begin()

    changes.rebind(threading.Thread, "__init__", __init__)


def note_maker(thread: Any, frame: FrameType) -> None:
    """Note the instruction that makes the thread: the innermost one that is not hidden, from `frame` outwards."""
    while trace.is_hidden(frame.f_code.co_filename) and frame.f_back is not None:
        frame = frame.f_back
    vars(thread)[_MADE] = step_of(frame.f_code, frame.f_lasti)  # not setattr, which a subclass may restrict


def follow_start(wrapped: Callable[[], None], thread: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Record the locks that a thread takes from here to its end.

    The method under this one is the first that a new thread calls, before it tells its starter that it runs. Wrapping
    that one, and not the method which runs all of the thread, leaves the thread's call stack as it is.
    """
    wrapped(*args, **kwargs)
    if isinstance(thread, threading._DummyThread):
        return
    state = fastpath.thread_state()
    run = Run(thread_label(thread), thread_place(thread), state.serial)
    state.record, state.took = run, run.took
    vars(thread)[RUN] = run


def thread_label(thread: Any) -> Callable[[], str]:
    """Return a function that returns the thread's name. It keeps no reference: programs watch for a thread's end."""
    alive, name = weakref.ref(thread), str(thread._name)

    def label() -> str:
        now = alive()
        return name if now is None else str(now._name)

    return label


def thread_place(thread: Any) -> Callable[[], str]:
    """Return a function that returns the place where the thread was made, as text."""
    made: Step | None = vars(thread).get(_MADE)
    return lambda: "thread:" + ("an unknown place" if made is None else naming.place_name(made))


def follow_join(wrapped: Callable[..., None], thread: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Report a wait for the end of a thread, once it has ended, or when it lasts. A wait that timed out is none."""
    run = vars(thread).get(RUN)
    timeout = timeout_of(args, kwargs)
    if run is None or not is_waiting(thread):
        wrapped(*args, **kwargs)
    else:
        wait_judging(run, wrapped, thread.is_alive, timeout)
    if run is not None and not thread.is_alive():
        collect_ended(run)
        joined(run, timed=timeout is not None)


def is_waiting(thread: Any) -> bool:
    """Return whether a join would wait while this thread holds locks. Who holds none waits safely."""
    return runtime.is_active() and fastpath.thread_state().chain.depth > 0 and bool(thread.is_alive())
