"""One thread imports a plugin, whose code takes a lock; another one imports it under that lock.

grade: feasible
because: in 2 threads
"""

import contextlib
import sys
import threading

from tests.evidence.unseen import plugin, side_by_side

lock = threading.RLock()


def register():
    with lock:
        pass


def load():
    with plugin("corpus_plugin", register), contextlib.suppress(ImportError):
        import corpus_plugin  # noqa: F401
    sys.modules.pop("corpus_plugin", None)


def load_under_the_lock():
    with lock:
        load()


side_by_side(load, load_under_the_lock)
