"""The build under test: its name, and the targets that depend on it."""

from __future__ import annotations

import os
import platform
import sys
import sysconfig

from lockdep import fastpath

COMPILED = fastpath.BUILD == "compiled"
FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
CORES = len(os.sched_getaffinity(0))

WITH = (1.05 if sys.version_info >= (3, 14) else 1.0) if COMPILED else 3.0
RLOCK = 1.0 if COMPILED else 4.0
TIMED = (1.5 if sys.version_info >= (3, 14) else 1.0) if COMPILED else None
CALLS = None if COMPILED else 4.0
CREATION = 3.0 if COMPILED else 8.0
QUEUE = 1.15 if COMPILED else None
HANDOFF = 1.15 if COMPILED else None


def describe() -> str:
    threading_kind = "free-threaded" if FREE_THREADED else "GIL"
    if FREE_THREADED and getattr(sys, "_is_gil_enabled", lambda: True)():
        threading_kind = "free-threaded, but the GIL is ON"
    return f"lockdep {fastpath.BUILD}, Python {platform.python_version()} ({threading_kind}), {CORES} cores"
