"""Acquisitions of a known chain: `with`, acquire and release, three nested locks, RLock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from itertools import repeat
from typing import Any

from lockdep import lock_stat
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


def row(what: str, batch: Callable[..., None], raw: Lock, known: Lock, target: float | None) -> Row:
    return ratio_row(what, compare(bind(batch, raw), bind(batch, known)), target)


def rows() -> Iterator[Row]:
    raw, known = threading.Lock(), validated.Lock()
    yield row("with lock: pass", with_block, raw, known, build.WITH)
    yield row("lock.acquire(); lock.release()", acquire_release, raw, known, build.CALLS)
    measured = compare(bind(nested, *three(threading)), bind(nested, *three(validated)), per_loop=15)
    yield ratio_row("nested by three, per lock", measured, build.WITH)
    raw_again, known_again = threading.RLock(), validated.RLock()
    yield row("with rlock: pass", with_block, raw_again, known_again, build.RLOCK)
    yield row("with rlock: pass, held already", again, raw_again, known_again, build.RLOCK)
    yield row("rlock.acquire(); rlock.release()", acquire_release, raw_again, known_again, build.CALLS)
    lock_stat.start()
    try:
        yield row("with lock: pass, times on", with_block, raw, known, build.TIMED)
        yield row("acquire(); release(), times on", acquire_release, raw, known, None)
    finally:
        lock_stat.stop()
