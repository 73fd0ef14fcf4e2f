"""Make an unmodified program use validated locks, and follow its waits for threads and futures.

`install` replaces threading.Lock, and the type of the locks that threading.RLock makes. What is built on them
(Condition, Queue, Future, logging, ...) looks the names up when it is called, so it uses validated locks too. Copies of
the names in other modules are found by one look at all modules, and locks that modules made before are adopted; see
names.py. Methods of Thread, Future, Condition, Event, Semaphore and Queue are replaced by functions; see wrappers.py.

`uninstall` restores everything. Locks that were made in the meantime go on working and are not tracked any more.
"""

from __future__ import annotations

import atexit
import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lockdep import fastpath, runtime
from lockdep.config import load_options
from lockdep.contexts import eventloop, finalizers, fork, importing, signals
from lockdep.patch import (
    conditions,
    futures,
    gathering,
    handoffs,
    limits,
    process_hooks,
    rwlocks,
    semaphores,
    sleeps,
    threads,
)
from lockdep.patch.changes import Changes
from lockdep.patch.imports import after_import
from lockdep.validator.validator import Validator

if TYPE_CHECKING:
    from lockdep.patch.names import Names


class _Installation:
    """The installation that is in force, if there is one."""

    changes: Changes | None = None
    names: Names | None = None


def is_installed() -> bool:
    """Return whether the names are replaced now."""
    return _Installation.changes is not None


def install(**options: Any) -> None:
    """Track the locks that this process makes from now on.

    Keywords are options (see config.py). If one of them is wrong, OptionError is raised and nothing has changed. If
    lockdep is installed already, only the options change. With `enabled` false nothing is changed in the program, and
    what an earlier call has changed is restored.
    """
    chosen = Validator(load_options(**options))
    if not chosen.options.enabled:
        uninstall()
    runtime.activate(chosen)
    if chosen.options.enabled:
        replace_names()


def replace_names() -> None:
    """Make the names of threading lead to validated locks, and follow waits, unless that is so already."""
    if is_installed():
        return
    from lockdep.patch.names import Names  # here: lockdep.threading reads the options if nobody has done so yet

    changes = _Installation.changes = Changes()
    names = _Installation.names = Names(changes)
    names.replace()
    names.sweep_all()
    threads.follow_threads(changes)
    futures.follow_futures(changes)
    conditions.follow_conditions(changes)
    gathering.follow_gathering(changes)
    semaphores.follow_semaphores(changes)
    handoffs.follow_hand_offs(changes)
    rwlocks.follow_rwlocks(changes)
    sleeps.follow_sleeps(changes)
    signals.follow(changes)
    finalizers.follow(changes)
    fork.follow(changes)
    importing.follow(changes)
    after_import(changes, "multiprocessing.util", finalizers.follow_finalize)
    after_import(changes, "multiprocessing.synchronize", process_hooks.follow_processes)
    after_import(changes, "resource", limits.follow_limits)
    after_import(changes, "asyncio.events", eventloop.follow_handles)
    after_import(changes, "uvloop", eventloop.follow_uvloop)
    after_import(changes, "trio._core._run", eventloop.follow_trio)
    fastpath.thread_state()  # now, as the pure build could not make it in a finalizer after the builtins are gone
    runtime.say_greenlets()


def resweep() -> None:
    """Look again for copies of threading's names, and for locks to adopt, in all modules."""
    if _Installation.names is not None:
        _Installation.names.sweep_all()


def current_names() -> Names | None:
    """Return the replaced names and adopted locks, or None if lockdep is not installed."""
    return _Installation.names


def uninstall() -> None:
    """Restore everything that install changed, and track nothing any more."""
    restore()
    runtime.deactivate()


def restore() -> None:
    """Restore the program's names and methods. Locks that are tracked stay so."""
    changes, _Installation.changes, _Installation.names = _Installation.changes, None, None
    if changes is not None:
        changes.take_back()


@contextlib.contextmanager
def installed(**options: Any) -> Iterator[None]:
    """Install at the beginning of a with block and uninstall at its end.

    If locks were tracked before, the same validator goes on inside the block unless options are given, and it is in
    force again after it.
    """
    before, was_active, was_installed = runtime.validator(), runtime.is_active(), is_installed()
    if was_active and not options:
        replace_names()
    else:
        install(**options)
    try:
        yield
    finally:
        if was_installed:
            replace_names()  # an option may have switched lockdep off meanwhile
        else:
            uninstall()
        if was_active:
            runtime.activate(before)


# The interpreter empties the modules at its end. Finalizers that run then use locks, events and queues still, and our
# functions could not be called any more.
atexit.register(restore)
