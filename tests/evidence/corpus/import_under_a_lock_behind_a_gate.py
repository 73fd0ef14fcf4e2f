"""Two threads import a plugin, whose code takes a lock, and both of them under a gate.

grade: excused
because: gate
"""

import contextlib
import sys
import threading

from tests.evidence.unseen import plugin, side_by_side

gate, lock = threading.RLock(), threading.RLock()


def register():
    with lock:
        pass


def load():
    with plugin("corpus_plugin", register), contextlib.suppress(ImportError):
        import corpus_plugin  # noqa: F401
    sys.modules.pop("corpus_plugin", None)


def load_under_the_gate():
    with gate:
        load()


def load_under_both():
    with gate, lock:
        load()


side_by_side(load_under_the_gate, load_under_both)
