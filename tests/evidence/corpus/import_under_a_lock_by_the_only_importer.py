"""One thread imports a plugin, whose code takes a lock, also under that lock; another one only takes the lock.

grade: none
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


def reload():
    load()
    load_under_the_lock()
    load()


side_by_side(reload, register)
