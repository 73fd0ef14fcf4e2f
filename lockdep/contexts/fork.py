"""Forks: a child has only the thread that forked, and locks that other threads held stay locked in it for ever.

Two things are reported. A child waits for a lock which a thread that it does not have used, or held at the fork. Or a
lock was held by such a thread and nothing in the child has made it usable, and the forking thread takes it elsewhere.

A lock is safe in the child if a hook, or the child itself, has made it anew (`_at_fork_reinit`, or another lock in its
place), has released it, or has looked whether it is locked; and if the forking thread held it, as a `before` hook does.
A hook that only waits for the lock is no remedy.

Forks that C code makes are not seen, nor locks that a child needs after another program has taken its place.

Cost: nothing in a process with one thread; else about 10 us for each fork.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Callable
from types import BuiltinMethodType, FrameType, MethodType
from typing import Any

from lockdep import fastpath, runtime, trace
from lockdep.contexts.letters import Letters
from lockdep.contexts.signals import Undoes
from lockdep.forks import at_fork, stand_next_to_the_fork
from lockdep.validator.forks import Fork, seen_fork

LATE = ("lockdep.splats", "lockdep.splats.splat", "hashlib")  # imported by the thread that has the first finding
SOON_ANOTHER_PROGRAM = os.path.join(os.path.dirname(os.__file__), "subprocess.py")

OF_FRAMES = (FrameType, BuiltinMethodType, MethodType)  # a `with` statement keeps the method __exit__ in its frame


class _Forks:
    """What this process has: the hooks, the last fork, and the way from children to their parent."""

    in_force = False
    registered = 0  # how often `last` is among the hooks
    called = 0  # how often it was called in this child
    original: Any = None
    letters = Letters()
    first: Callable[[], None] | None = None


def follow(changes: Undoes) -> None:
    """Watch forks until `changes` are taken back. Hooks cannot be removed: they do nothing then."""
    if not hasattr(os, "register_at_fork"):
        return  # no process can fork here
    _Forks.in_force = True
    if _Forks.original is None:
        _Forks.original = os.register_at_fork
        at_fork(before=fastpath.watch_forks(before), after_in_child=first)
        stand_next_to_the_fork()
        register_last()
    os.register_at_fork = register_at_fork
    changes.undo_by(leave)


def leave() -> None:
    """Watch them no longer."""
    _Forks.in_force = False
    if os.register_at_fork is register_at_fork:
        os.register_at_fork = _Forks.original


def before_forks(callback: Callable[[], None] | None) -> None:
    """Call this before each fork of a process in which several threads use locks; None: nothing."""
    _Forks.first = callback


def register_at_fork(**hooks: Any) -> None:
    """Register callables to be called when forking a new process; see os.register_at_fork."""
    _Forks.original(**hooks)
    if "after_in_child" in hooks:
        register_last()


def register_last() -> None:
    """Have `last` called after all hooks that there are now."""
    _Forks.original(after_in_child=last)
    _Forks.registered += 1


def before() -> None:
    """Look what other threads hold, in the parent."""
    finish_imports()
    if _Forks.first is not None:
        _Forks.first()
    validator = runtime.validator()
    validator.rules.fork = None
    if _Forks.in_force and runtime.is_active():
        _Forks.letters.open()
        validator.ask_children = read_letters
        frame = sys._getframe(1)
        validator.rules.fork = seen_fork(trace.capture(validator.options.stack_depth, frame), execs=execs(frame))


def finish_imports() -> None:
    """Wait until no other thread imports what reports are made with: the child would wait for that module for ever."""
    for name in LATE:
        if name in sys.modules:
            importlib.import_module(name)


def execs(frame: FrameType | None) -> bool:
    """Return whether subprocess forks, whose child becomes another program."""
    while frame is not None and trace.is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    return frame is not None and frame.f_code.co_filename == SOON_ANOTHER_PROGRAM


def first() -> None:
    """Tell the parent from now on what is found, in the child, before all other hooks."""
    if not _Forks.letters.writes:
        _Forks.letters.writes = True
        runtime.on_finding(_Forks.letters.post)


def last() -> None:
    """Report locks that no hook has made usable, in the child, after all hooks."""
    _Forks.called += 1
    if _Forks.called != _Forks.registered:
        return
    _Forks.called = 0
    validator = runtime.validator()
    if not fastpath.fork_was_watched():
        validator.rules.fork = None
    fork: Fork | None = validator.rules.fork
    if fork is not None and runtime.is_active():
        if not fork.execs and (candidates := validator.left_locked(fork)):
            validator.report_left(fork, candidates & referred_to(candidates))
        validator.judge(fastpath.thread_state())  # what hooks have seen: a child may end without a calm moment


def referred_to(serials: set[int]) -> set[int]:
    """Return those locks that an object refers to. One that was replaced is known to frames of ended threads only.

    Cost: a look at all objects, about 0.1 s for a million of them; only where a lock is about to be reported. Without
    the GIL, the child of a process with threads does not know all of its objects: there all locks are returned.
    """
    if not fastpath.HAS_GIL:
        return serials
    holders = [one for one in gc.get_objects() if type(one) not in OF_FRAMES]
    found = (one for one in gc.get_referents(*holders) if issubclass(type(one), fastpath.DepMap))
    return {one.serial for one in found} & serials


def read_letters() -> None:
    """Make the findings of children findings of this process, too. They have been told already."""
    for violation, grade, reason in _Forks.letters.read():
        runtime.validator().was_told(violation, grade, reason)
