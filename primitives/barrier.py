"""Ordered access to cells: READ_ONCE, WRITE_ONCE, store-release, load-acquire, and the fences (kernel: barrier.h).

A cell is an Atomic or an AtomicRef (so an RCUPointer is one). In the compiled build on a free-threaded interpreter
these are the machine's own instructions; where there is a GIL it orders everything by itself, and they cost nothing.
What each of them forbids, and what it does not, `python -m primitives.litmus` shows on small programs.

    data.set(41); smp_store_release(ready, 1)             one thread
    if smp_load_acquire(ready): use(data.read())          another: sees 41
"""

from __future__ import annotations

from typing import Any, overload

from primitives.atomic import Atomic, AtomicRef, smp_mb, smp_rmb, smp_wmb

__all__ = [
    "READ_ONCE", "WRITE_ONCE", "smp_load_acquire", "smp_mb", "smp_mb__after_atomic", "smp_mb__before_atomic",
    "smp_rmb", "smp_store_mb", "smp_store_release", "smp_wmb",
]  # fmt: skip

smp_mb__before_atomic = smp_mb
smp_mb__after_atomic = smp_mb


@overload
def READ_ONCE(cell: Atomic) -> int: ...
@overload
def READ_ONCE(cell: AtomicRef[Any]) -> Any: ...
def READ_ONCE(cell: Any) -> Any:
    """Return what is in a cell, read in one piece and once."""
    return cell.read()


def WRITE_ONCE(cell: Any, value: Any) -> None:
    """Store into a cell in one piece and once."""
    cell.set(value)


def smp_load_acquire(cell: Any) -> Any:
    """Return what is in a cell; nothing that follows is done before."""
    return cell.read_acquire() if isinstance(cell, Atomic) else cell.read()


def smp_store_release(cell: Any, value: Any) -> None:
    """Store into a cell, after all that was done before."""
    if isinstance(cell, Atomic):
        cell.set_release(value)
    else:
        cell.set(value)


def smp_store_mb(cell: Any, value: Any) -> None:
    """Store into a cell; nothing that follows is done before."""
    cell.set(value)
    smp_mb()
