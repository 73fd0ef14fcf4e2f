"""Choose the build of the fast path and load it, when this module is imported: all parts compiled, or all of them pure.

LOCKDEP_PURE=1 forces the pure build; LOCKDEP_REQUIRE_COMPILED=1 makes a missing extension an ImportError. After
gevent or eventlet has patched threading, the pure build is taken whatever is installed: its thread states then live in
the library's own locals, one for each greenlet. So it is in a sub-interpreter: a process can import the extensions only
once. Otherwise the compiled build is taken if the extension of every part is there.
"""

from __future__ import annotations

import _thread
import atexit
import importlib
import importlib.util
import os
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from types import ModuleType

from lockdep.fastpath.greenlets import greenlets_patched

PARTS = (
    "_link", "_runs", "_tally", "_chain", "_deaths", "_sighting", "_site", "_parking", "_held", "_thread_state",
    "_threads", "_stacks", "_interrupts", "_imports", "_tracked", "_dep_map", "_waits", "_lock", "_owned",
    "_handoffs", "_drop_in", "_waitqueue", "_graph_lock", "_fork_mask", "_repeats",
)  # fmt: skip
"""The modules that have two builds; each imports only modules that stand before it."""


def switched_on(variable: str) -> bool:
    """Return whether an environment variable is set to anything but the empty string or 0."""
    return os.environ.get(variable, "") not in ("", "0")


def all_built() -> bool:
    """Return whether the extension of every part is installed."""
    try:
        files = set(os.listdir(os.path.dirname(__file__)))
    except OSError:  # imported from an archive, which cannot hold extensions
        return False
    return all(any(part + suffix in files for suffix in EXTENSION_SUFFIXES) for part in PARTS)


def in_subinterpreter() -> bool:
    """Return whether this is not the main interpreter of the process."""
    if sys.version_info >= (3, 13):
        return not _thread._is_main_interpreter()
    try:
        interpreters = importlib.import_module("_xxsubinterpreters")
    except ImportError:  # an interpreter that has no sub-interpreters
        return False
    return bool(interpreters.get_current() != interpreters.get_main())


def choose_build() -> str:
    """Return "compiled" or "pure". ImportError if the environment asks for what is not there."""
    pure, required = switched_on("LOCKDEP_PURE"), switched_on("LOCKDEP_REQUIRE_COMPILED")
    if pure and required:
        raise ImportError("LOCKDEP_PURE and LOCKDEP_REQUIRE_COMPILED contradict each other")
    if pure or greenlets_patched() or in_subinterpreter():
        return "pure"
    if all_built():
        return "compiled"
    if required:
        raise ImportError("LOCKDEP_REQUIRE_COMPILED is set, but lockdep was installed without its compiled extensions")
    return "pure"


BUILD = choose_build()


def load_pure(name: str) -> ModuleType:
    """Import a module from its source, even if there is an extension of that name."""
    package, _, stem = name.rpartition(".")
    (folder,) = importlib.import_module(package).__path__
    spec = importlib.util.spec_from_file_location(name, os.path.join(folder, f"{stem}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    # At the very end the interpreter empties each module in sys.modules, but finalizers still use locks then.
    atexit.register(sys.modules.pop, name, None)
    return module


def load(name: str) -> ModuleType:
    """Import a module that has two builds, in the build that was chosen. ImportError if it does not have that one."""
    if BUILD == "pure":
        return load_pure(name)
    module = importlib.import_module(name)
    if not module.COMPILED:
        raise ImportError(f"{name} has no compiled extension, but lockdep has: install it again, or set LOCKDEP_PURE=1")
    return module


PURE_ONLY = {"_lock": "_pure", "_waitqueue": "_pure_queue"}  # a part and the module that completes it in the pure build
PURE_PARTS = tuple(name for part in PARTS for name in (PURE_ONLY.get(part), part) if name)
MODULES = tuple(load(f"lockdep.fastpath.{part}") for part in (PARTS if BUILD == "compiled" else PURE_PARTS))
