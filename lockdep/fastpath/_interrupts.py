"""Interrupts of Python's own: signal handlers, collections, and finalizers that a reference count runs.

Each changes the context of its thread while it runs; the last ones do so when they take their first lock.

Nothing here is Python code in the compiled build, so that no other handler can run between the change of the context
and the handler itself. In the pure build one can: if it raises an exception at the end of a handler, the thread stays
in the wrong context until the handler under it ends.

Cost: about 0.1 us for a signal, and the same for each end of a collection; the next lock that the thread takes goes the
long way once.
"""

from __future__ import annotations

import gc
from types import MethodType

try:
    import cython
except ModuleNotFoundError:
    from lockdep.fastpath import _cython_absent as cython

if not cython.compiled:
    from lockdep.fastpath._link import _link, new_serial
    from lockdep.fastpath._modes import IN_COLLECTION, IN_SIGNAL
    from lockdep.fastpath._threads import current, here_or_nobody, thread_count

COMPILED = cython.compiled
_scene = [None]                               # of what a collection runs; see ThreadState.interrupt
_on_fork = [None, False, False]               # what to call before a fork; was it before the last? must it the next?
_callbacks = []                               # gc.callbacks


class Handler:
    """A signal handler of the program, called in a context of its own. The interpreter calls this object instead."""

    __slots__ = ("__weakref__", "handler", "scene")

    def __init__(self, handler, scene):
        self.handler = handler
        self.scene = scene

    def __call__(self, signum, frame):
        state = current()
        situation = state.situation()
        try:
            state.interrupt(self.scene, IN_SIGNAL)
            return self.handler(signum, frame)
        finally:
            state.resume(situation)


def is_collecting():
    """Return whether the collector is on."""
    if cython.compiled:
        return PyGC_IsEnabled()
    return gc.isenabled()


def expose(state, scene, partly=False):
    """Let signal handlers interrupt the running thread, which has this state, from now on; `partly`: only some of them.

    `scene` is the context of its ordinary code: (context, key, mode).
    """
    if state.running < -1:
        return                                # inside a handler, which ends in the context of before: later
    if not state.prompt:
        context, key, mode = scene
        state.enter(context, key, mode, False)
    _link.exposed = new_serial()
    _link.partly = partly
    state.switch_run(_link.exposed)


def conceal(state):
    """Undo `expose` in the running thread."""
    _link.exposed = 0
    if state.running >= -1:                   # else the run of before goes on after the handler, and means nothing
        if not state.prompt:
            state.enter(None, None, 0)
        state.switch_run(state.serial)


def exposed():
    """Return the run of the thread that signal handlers can interrupt, 0 if there is none."""
    return _link.exposed


def watch_collections(callbacks, scene):
    """Run what a collection runs in this context. `callbacks` is the list of the functions that the collector calls."""
    global _callbacks
    _callbacks = callbacks
    _scene[0] = scene
    callbacks.insert(0, collection_begins)
    callbacks.extend([collection_ends] * 2)   # a callback that removes itself lets the next one be left out once


def collection_begins(phase, info):
    """Be called by the collector before all others: what it runs from now on is no ordinary code."""
    if phase == "start":
        state = current()
        if state.outer is None:
            if _callbacks[len(_callbacks) - 1] is not collection_ends:
                move_to_end()
            state.outer = state.situation()
            state.interrupt(_scene[0], IN_COLLECTION)


def collection_ends(phase, info):
    """Be called by the collector after all others."""
    if phase == "stop":
        state = current()
        situation = state.outer
        if situation is not None:
            state.outer = None
            state.resume(situation)


def watch_drops(scene, build_class):
    """Run finalizers that a reference count runs in this context. Return what stands for builtins.__build_class__.

    It watches the class that is made; `watch_type` does so for those there are. The pure build cannot watch classes.
    """
    _link.drop_scene = scene
    if cython.compiled:
        return ld_watch_classes(build_class, drop_begins, drop_ends)
    return build_class


def watch_type(kind, on):
    """Have the finalizer of a type watched, or no longer."""
    if cython.compiled:
        if on:
            ld_watch_type(cython.cast(cython.pointer(PyTypeObject), kind))
        else:
            ld_unwatch_type(cython.cast(cython.pointer(PyTypeObject), kind))


def drop_begins():
    """Note that a finalizer begins, unless this is inside another handler. It runs no Python code."""
    state = here_or_nobody()
    if state.drops or state.running <= 0 or state.off or state.busy:
        return False
    state.drops = new_serial()
    state.run = 0                             # the next lock settles first
    return True


def drop_ends():
    """Note that the finalizer has ended for which `drop_begins` returned true."""
    here_or_nobody().end_drop()
    return True


class Finalizer:
    """A function that finalizes an object, as a method of a class: `finalize.__call__` of weakref, for example.

    It is called by hand, too. A reference count calls it if `argument`, its place among all arguments, is given.
    """

    __slots__ = ("__wrapped__", "argument")

    def __init__(self, wrapped, argument):
        self.__wrapped__ = wrapped
        self.argument = argument

    def __get__(self, instance, owner):
        return self if instance is None else MethodType(self, instance)

    def __getattr__(self, name):
        return getattr(self.__wrapped__, name)

    def __call__(self, *args, **kwargs):
        if len(args) <= self.argument or args[self.argument] is None or not drop_begins():
            return self.__wrapped__(*args, **kwargs)
        try:
            return self.__wrapped__(*args, **kwargs)
        finally:
            drop_ends()


def watch_forks(callback):
    """Call this before each fork of a process in which several threads use locks. Return the hook to register.

    With a single thread no Python code runs here: the exception of a signal handler would be lost in it.
    """
    _on_fork[0] = callback
    return fork_begins


def fork_begins():
    """Be called before each fork."""
    _on_fork[1] = _on_fork[2] or thread_count() > 1
    _on_fork[2] = False
    if _on_fork[1]:
        _on_fork[0]()


def watch_next_fork():
    """Have the callback called before the next fork, also if a single thread uses locks: another one has begun."""
    _on_fork[2] = True


def fork_was_watched():
    """Return whether the callback was called before the last fork."""
    return _on_fork[1]


def move_to_end():
    """Have the end of a collection noted after the callbacks that were added in the meantime."""
    while collection_ends in _callbacks:
        _callbacks.remove(collection_ends)
    _callbacks.extend([collection_ends] * 2)
