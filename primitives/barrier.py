"""Ordered access to cells: READ_ONCE, WRITE_ONCE, store-release, load-acquire, and the fences (kernel: barrier.h).

A cell is an Atomic or an AtomicRef; an RCUPointer is an AtomicRef. On a free-threaded interpreter the compiled build
uses the machine's own instructions. Where there is a GIL, it orders all accesses already, and the barriers cost
nothing. `python -m primitives.litmus` shows on small programs what each barrier forbids and what it does not.

    data.set(41); smp_store_release(ready, 1)             one thread
    if smp_load_acquire(ready): use(data.read())          another thread: sees 41
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, overload

from primitives.atomic import Atomic, AtomicRef, smp_mb, smp_rmb, smp_wmb

__all__ = [
    "READ_ONCE", "WRITE_ONCE", "smp_load_acquire", "smp_mb", "smp_mb__after_atomic", "smp_mb__before_atomic",
    "smp_rmb", "smp_store_mb", "smp_store_release", "smp_wmb",
]  # fmt: skip

smp_mb__before_atomic: Callable[[], None] = smp_mb
smp_mb__after_atomic: Callable[[], None] = smp_mb


@overload
def READ_ONCE(cell: Atomic) -> int: ...
@overload
def READ_ONCE(cell: AtomicRef[Any]) -> Any: ...
def READ_ONCE(cell: Any) -> Any:
    """Return the value of a cell, read in one access."""
    return cell.read()


def WRITE_ONCE(cell: Any, value: Any) -> None:
    """Store into a cell in one access."""
    cell.set(value)


def smp_load_acquire(cell: Any) -> Any:
    """Return the value of a cell; no later access of this thread takes effect before it."""
    return cell.read_acquire() if isinstance(cell, Atomic) else cell.read()


def smp_store_release(cell: Any, value: Any) -> None:
    """Store into a cell, after all earlier accesses of this thread have taken effect."""
    if isinstance(cell, Atomic):
        cell.set_release(value)
    else:
        cell.set(value)


def smp_store_mb(cell: Any, value: Any) -> None:
    """Store into a cell, then pass a full barrier: no later access of this thread takes effect before the store."""
    cell.set(value)
    smp_mb()
