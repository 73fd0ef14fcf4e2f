"""Choose the build of the fast path, once: compiled where the extension is there, else the same source as it is.

LOCKDEP_PURE=1 forces the pure build; LOCKDEP_REQUIRE_COMPILED=1 makes a missing extension an ImportError. Under
gevent the pure build is taken whatever is installed: its thread states then live in gevent's own locals, one for each
greenlet.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from types import ModuleType
from typing import TYPE_CHECKING

NAME = "lockdep.fastpath._lock"


def switched_on(variable: str) -> bool:
    """Return whether an environment variable is set to something other than nothing or 0."""
    return os.environ.get(variable, "") not in ("", "0")


def greenlets_patched() -> bool:
    """Return whether gevent has replaced the thread functions already."""
    monkey = sys.modules.get("gevent.monkey")
    return monkey is not None and bool(monkey.is_module_patched("threading"))


def load_pure(name: str) -> ModuleType:
    package, _, stem = name.rpartition(".")
    (folder,) = importlib.import_module(package).__path__
    spec = importlib.util.spec_from_file_location(name, os.path.join(folder, f"{stem}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def load(name: str) -> ModuleType:
    """Return a module that has two builds, in the one that is asked for."""
    pure, required = switched_on("LOCKDEP_PURE"), switched_on("LOCKDEP_REQUIRE_COMPILED")
    if pure and required:
        raise ImportError("LOCKDEP_PURE and LOCKDEP_REQUIRE_COMPILED contradict each other")
    if pure or greenlets_patched():
        return load_pure(name)
    module = importlib.import_module(name)
    if required and not module.COMPILED:
        raise ImportError("LOCKDEP_REQUIRE_COMPILED is set, but lockdep was installed without its compiled extension")
    return module


_module = load(NAME)
if TYPE_CHECKING:
    from lockdep.fastpath import _lock as core
else:
    core = _module
BUILD = "compiled" if core.COMPILED else "pure"

BLOCKING, READ, RECURSIVE_READ, TRY, TIMED, NOCHECK, SYNC, NEST, PINNED, UNTRACKED, NOWHERE = core.constants()
UNTIL_SIGNAL = core.UNTIL_SIGNAL
Entry = core.Entry
Chain = core.Chain
Site = core.Site
Tally = core.Tally
ThreadState = core.ThreadState
DepMap = core.DepMap
Waiter = core.Waiter
ExclusiveLock = core.ExclusiveLock
OwnedLock = core.OwnedLock
RecursiveLock = core.RecursiveLock
clear_tallies = core.clear_tallies
counted_by_ended = core.counted_by_ended
connect = core.connect
deaths = core.deaths
forked = core.forked
interrupt_with = core.interrupt_with
freed = core.freed
new_serial = core.new_serial
reap = core.reap
retire = core.retire
switch_stat = core.switch_stat
tallies = core.tallies
thread_state = core.thread_state
trace_events = core.trace_events
trace_names = core.trace_names
threads = core.threads
