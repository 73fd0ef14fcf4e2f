"""queue.Queue put and get: four acquisitions through Condition, two of them asking who owns the lock.

The raw side runs copies of queue's and Condition's functions, so that each side's code specialises for its own locks,
as it does in a program that has only one kind.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from importlib.util import module_from_spec
from itertools import repeat
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

import lockdep
from tests.bench import build
from tests.bench.measure import bind, compare
from tests.bench.table import Row, ratio_row


def put_get(channel: queue.Queue[int], loops: int) -> None:
    put, get = channel.put, channel.get
    for _ in repeat(None, loops):
        put(1)
        get()
        put(1)
        get()
        put(1)
        get()
        put(1)
        get()
        put(1)
        get()


def copy_class(original: type) -> type:
    members = {
        name: FunctionType(value.__code__.replace(), value.__globals__, name, value.__defaults__)
        if isinstance(value, FunctionType)
        else value
        for name, value in vars(original).items()
        if name not in ("__dict__", "__weakref__")
    }
    return type(original.__name__, original.__bases__, members)


def raw_queue_module() -> ModuleType:
    """Return a fresh copy of queue whose locks are raw whatever is installed later."""
    assert queue.__spec__ is not None
    assert queue.__spec__.loader is not None
    copy = module_from_spec(queue.__spec__)
    queue.__spec__.loader.exec_module(copy)
    copy.threading = SimpleNamespace(Lock=threading.Lock, Condition=copy_class(threading.Condition))  # type: ignore[attr-defined]
    return copy


def rows() -> Iterator[Row]:
    raw: queue.Queue[Any] = raw_queue_module().Queue()
    with lockdep.installed():
        measured = compare(bind(put_get, raw), bind(put_get, queue.Queue()), per_loop=5)
    yield ratio_row("queue.Queue put and get", measured, build.QUEUE)
