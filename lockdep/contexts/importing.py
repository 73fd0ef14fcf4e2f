"""Imports: a thread that imports a module has its lock, for which others wait that import the same module.

importlib ends a circle of module locks, but it knows of no other lock. Two threads wait for ever if one imports a
module whose code, or what that calls, takes a lock, and the other imports the module while it holds this lock. A module
that is loaded already needs no lock: then nothing is seen of an import.

The methods of importlib's own manager of these locks are replaced, and its function that waits until another thread has
loaded a module. Other importers that call neither are not seen.

Cost: about 1 us for each import that loads a module, some us more if the thread holds locks or takes some meanwhile.
"""

from __future__ import annotations

import _frozen_importlib
from typing import Any, Protocol

from lockdep import fastpath, runtime
from lockdep.contexts.eventloop import Rebinds
from lockdep.contexts.signals import Undoes
from lockdep.fastpath import Import, Sighting
from lockdep.waits.aims import ModuleLoaded


class Changes(Undoes, Rebinds, Protocol):
    """What remembers how the program is restored."""


def follow(changes: Changes) -> None:
    """Watch imports until `changes` are taken back. An import that goes on then is watched to its end."""
    bootstrap: Any = _frozen_importlib
    manager = bootstrap._ModuleLockManager
    changes.rebind(manager, "__enter__", fastpath.Begins(manager.__enter__, wants, waits))
    changes.rebind(manager, "__exit__", fastpath.Ends(manager.__exit__, ended))
    awaited = fastpath.Awaits(bootstrap._lock_unlock_module, wants, waits)
    changes.rebind(bootstrap, "_lock_unlock_module", awaited)
    changes.undo_by(fastpath.forget_wanted)


def wants(name: str, seen: Sighting) -> None:
    """Note that the running thread, which holds locks, is about to import a module."""
    if runtime.is_active():
        runtime.validator().wants_module(fastpath.thread_state(), name, seen)


def ended(begun: Import) -> None:
    """Note that the running thread has imported a module, and has taken locks meanwhile."""
    if runtime.is_active():
        runtime.validator().imported(fastpath.thread_state(), begun)


def waits(name: str, seen: Sighting) -> fastpath.Wait:
    """Return the wait of the running thread for the end of an import by another one."""
    return fastpath.Wait(seen.thread, None, ModuleLoaded(name, seen.thread), False)
