"""A known chain: `with`, acquire and release, three nested, RLock. Loop overhead is the same on both sides."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import repeat
from typing import Any

from lockdep import threading as validated
from tests.bench import build
from tests.bench.measure import bind, compare
from tests.bench.table import Row, ratio_row

Lock = Any  # threading.Lock is a function before 3.13


def with_block(lock: Lock, loops: int) -> None:
    for _ in repeat(None, loops):
        with lock:
            pass
        with lock:
            pass
        with lock:
            pass
        with lock:
            pass
        with lock:
            pass
        with lock:
            pass
        with lock:
            pass
        with lock:
            pass
        with lock:
            pass
        with lock:
            pass


def acquire_release(lock: Lock, loops: int) -> None:
    for _ in repeat(None, loops):
        lock.acquire()
        lock.release()
        lock.acquire()
        lock.release()
        lock.acquire()
        lock.release()
        lock.acquire()
        lock.release()
        lock.acquire()
        lock.release()
        lock.acquire()
        lock.release()
        lock.acquire()
        lock.release()
        lock.acquire()
        lock.release()
        lock.acquire()
        lock.release()
        lock.acquire()
        lock.release()


def nested(a: Lock, b: Lock, c: Lock, loops: int) -> None:
    for _ in repeat(None, loops):
        with a:
            with b:
                with c:
                    pass
        with a:
            with b:
                with c:
                    pass
        with a:
            with b:
                with c:
                    pass
        with a:
            with b:
                with c:
                    pass
        with a:
            with b:
                with c:
                    pass


def again(lock: Lock, loops: int) -> None:
    with lock:
        with_block(lock, loops)


def three(module: Any) -> tuple[Lock, Lock, Lock]:
    """Return three locks of three classes: each is made on its own line."""
    a = module.Lock()
    b = module.Lock()
    c = module.Lock()
    return a, b, c


def rows() -> Iterator[Row]:
    pair = threading.Lock(), validated.Lock()
    yield ratio_row("with lock: pass", compare(*(bind(with_block, lock) for lock in pair)), build.WITH)
    yield ratio_row("lock.acquire(); lock.release()", compare(*(bind(acquire_release, lock) for lock in pair)), None)
    both = (bind(nested, *three(module)) for module in (threading, validated))
    yield ratio_row("nested by three, per lock", compare(*both, per_loop=15), build.WITH)
    pair = threading.RLock(), validated.RLock()
    yield ratio_row("with rlock: pass", compare(*(bind(with_block, lock) for lock in pair)), build.RLOCK)
    yield ratio_row("with rlock: pass, held already", compare(*(bind(again, lock) for lock in pair)), build.RLOCK)
    yield ratio_row("rlock.acquire(); rlock.release()", compare(*(bind(acquire_release, lock) for lock in pair)), None)
