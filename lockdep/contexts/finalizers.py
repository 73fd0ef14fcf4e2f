"""Finalizers: what the collector runs goes in the FINALIZER state. It interrupts threads wherever they make objects.

That is `__del__`, callbacks of weak references, `weakref.finalize`, generators that are closed, and the functions in
gc.callbacks. A lock that one of them waits for is reported if ordinary code takes the same one afterwards, in any
thread, while the collector is on. A lock that died with its object is not taken again.

Finalizers that a reference count runs (`__del__`, `weakref.finalize`, `Finalize` of multiprocessing, those of types
that C code makes) run where the program drops an object. With the GIL the same finding is a warning then, since any
object can get into a cycle. Without the GIL they interrupt, too: if another thread drops the last reference, the thread
that made the object finalizes it, wherever it is. Callbacks of weak references and generators that a reference count
runs are ordinary code, and so is each `__del__` in the pure build.

Cost: about 0.5 us for each collection, most of it for calling any function at all; 0.1 us for each object with a
finalizer that a reference count runs, and 1 us more if it takes a lock; some 30 ns for each class statement.
"""

from __future__ import annotations

import builtins
import gc
import weakref
from types import ModuleType
from typing import Any, Protocol

from lockdep import fastpath
from lockdep.contexts.eventloop import Rebinds
from lockdep.contexts.signals import Undoes
from lockdep.fastpath import Finalizer
from lockdep.vocabulary.context import COUNTED, Context, Scene
from lockdep.vocabulary.states import FINALIZER

COLLECTOR = "the garbage collector"


class Changes(Undoes, Rebinds, Protocol):
    """What remembers how the program is restored."""


def follow(changes: Changes) -> None:
    """Watch the collections and finalizers of all threads until `changes` are taken back."""
    leave()
    fastpath.watch_collections(gc.callbacks, scene(COLLECTOR))
    changes.undo_by(leave)
    context, key, _ = scene(COUNTED)
    # mode 0: what the thread holds leads to what the finalizer takes, since the program chose the place
    ours = fastpath.watch_drops((context, key, 0), builtins.__build_class__)
    if ours is not builtins.__build_class__:
        changes.rebind(builtins, "__build_class__", ours)
    watch_types(on=True)
    follow_finalize(changes, weakref)


def follow_finalize(changes: Changes, module: ModuleType) -> None:
    """Watch the class of this module whose objects are the callbacks of weak references: they take one as argument."""
    kind: Any = getattr(module, "finalize", None) or module.Finalize
    changes.rebind(kind, "__call__", Finalizer(kind.__call__, 1))


def leave() -> None:
    """Watch them no longer."""
    for ours in (fastpath.collection_begins, fastpath.collection_ends):
        while ours in gc.callbacks:
            gc.callbacks.remove(ours)
    watch_types(on=False)


def watch_types(*, on: bool) -> None:
    """Watch the finalizers of all types that there are, or no longer. Cost: 1 ms for 5,000 types."""
    types: list[type] = [object]
    for kind in types:  # it grows meanwhile
        fastpath.watch_type(kind, on)
        types += type.__subclasses__(kind)


def scene(handler: str) -> Scene:
    """Return the context of finalizers that this handler runs."""
    context = Context()
    context.enter(FINALIZER, FINALIZER.wait)
    context.handler = handler
    return context.scene()
