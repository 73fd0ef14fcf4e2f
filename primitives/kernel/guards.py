"""The kernel's guards by their names: `with scoped_guard("spinlock_irqsave", lock):` (kernel: cleanup.h).

One that ends in _try gives whether it has taken the lock. The block runs in any case, so it must ask.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

from primitives.kernel.functions import Row, make_function

# A row is the name of a guard, what it is for, and after a colon the context manager that it stands for.
SLEEPING = """
    mutex(lock): lock
    mutex_try(lock): lock.trying()
    mutex_intr(lock): lock.interruptible()
    mutex_nested(lock, subclass): lock.nested(subclass)
    rwsem_read(sem): sem.read()
    rwsem_read_try(sem): sem.trying_read()
    rwsem_read_intr(sem): sem.interruptible_read()
    rwsem_write(sem): sem.write()
    rwsem_write_try(sem): sem.trying_write()
    rwsem_write_kill(sem): sem.write()
"""
SPINNING = """
    spinlock(lock): lock
    spinlock_try(lock): lock.trying()
    spinlock_irq(lock): lock.irq()
    spinlock_irq_try(lock): lock.trying_irq()
    spinlock_bh(lock): lock.bh()
    spinlock_bh_try(lock): lock.trying_bh()
    spinlock_irqsave(lock): lock.irqsave()
    spinlock_irqsave_try(lock): lock.trying_irqsave()
"""
OTHERS = """
    raw_spinlock_nested(lock): lock.nested(1)
    read_lock(lock): lock.read()
    read_lock_irq(lock): lock.read_irq()
    read_lock_irqsave(lock): lock.read_irqsave()
    read_lock_bh(lock): lock.read_bh()
    write_lock(lock): lock.write()
    write_lock_irq(lock): lock.write_irq()
    write_lock_irqsave(lock): lock.write_irqsave()
    write_lock_bh(lock): lock.write_bh()
    write_seqlock(sl): sl
    write_seqlock_bh(sl): sl.write_bh()
    write_seqlock_irq(sl): sl.write_irq()
    write_seqlock_irqsave(sl): sl.write_irqsave()
    read_seqlock_excl(sl): sl.read_excl()
    read_seqlock_excl_irqsave(sl): sl.read_excl_irqsave()
    local_lock(lock): lock
    local_lock_irq(lock): lock.irq()
    local_lock_irqsave(lock): lock.irqsave()
    rcu(): rcu_read_side()
    rcu_bh(): rcu_read_side_bh()
    rcu_sched(): rcu_read_side_sched()
    srcu(ssp): ssp.reading()
    irq(): local_irq()
    irqsave(): local_irqsave()
    bh(): local_bh()
    preempt(): preempt_disabled()
    disable_irq(number): irq_disabled(number)
"""


def parse(line: str) -> Row:
    """Return a line of the table as a row."""
    call, _, expression = line.strip().partition(": ")
    name, _, parameters = call.removesuffix(")").partition("(")
    return Row(name, "", parameters, "object", expression, "Return the context manager of a guard.")


TABLE = SLEEPING + SPINNING + SPINNING.replace("spinlock", "raw_spinlock") + OTHERS
GUARDS = {row.name: row for row in map(parse, filter(str.strip, TABLE.splitlines()))}


def scoped_guard(name: str, *arguments: Any) -> AbstractContextManager[Any]:
    """Return the context manager of a guard of the kernel: `scoped_guard("mutex", lock)`. ValueError if unknown.

    `arguments` are the lock, or whatever else the guard is for, and its subclass where it is nested.
    """
    if name not in GUARDS:
        raise ValueError(f"no guard of this name: {name}")
    guard: AbstractContextManager[Any] = _maker(name)(*arguments)
    return guard


@cache
def _maker(name: str) -> Any:
    return make_function(GUARDS[name])


def written(row: Row) -> str:
    """Return how a guard is written as a `with` statement."""
    return f"with {row.expression}{' as taken' * row.name.endswith('_try')}"
