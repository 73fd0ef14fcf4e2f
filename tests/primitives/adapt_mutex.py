"""Mutex, spinlocks, and wound/wait mutexes without a context."""

from lockdep.fastpath import BUILD
from primitives import Mutex, RawSpinLock, SpinLock, WWClass, WWMutex
from tests.primitives.contract import Adapter

OWN_QUEUE = BUILD == "compiled"  # else it is the platform's, which promises no order

ADAPTERS = (
    Adapter(
        "mutex",
        make=Mutex,
        take=Mutex.lock,
        give=Mutex.unlock,
        try_take=Mutex.trylock,
        timed=Mutex.lock_timeout,
        interruptible=Mutex.lock_interruptible,
        section=lambda mutex: mutex,
        fifo=OWN_QUEUE,
        drop_in=True,
    ),
    Adapter(
        "spinlock",
        make=SpinLock,
        take=SpinLock.lock,
        give=SpinLock.unlock,
        try_take=SpinLock.trylock,
        timed=SpinLock.lock_timeout,
        section=lambda lock: lock,
        fifo=OWN_QUEUE,
        drop_in=True,
    ),
    Adapter(
        "spinlock-irq",
        make=SpinLock,
        take=SpinLock.lock_irq,
        give=SpinLock.unlock_irq,
        try_take=lambda lock: lock.trylock_irqsave()[0],
        section=SpinLock.irqsave,
        fifo=OWN_QUEUE,
    ),
    Adapter(
        "spinlock-bh",
        make=SpinLock,
        take=SpinLock.lock_bh,
        give=SpinLock.unlock_bh,
        try_take=SpinLock.trylock_bh,
        section=SpinLock.bh,
        fifo=OWN_QUEUE,
    ),
    Adapter(
        "raw-spinlock",
        make=RawSpinLock,
        take=RawSpinLock.lock,
        give=RawSpinLock.unlock,
        try_take=RawSpinLock.trylock,
        timed=RawSpinLock.lock_timeout,
        section=lambda lock: lock,
        fifo=OWN_QUEUE,
        drop_in=True,
    ),
    Adapter(
        "ww-mutex",
        make=lambda: WWMutex(WWClass("contract")),
        take=WWMutex.lock,
        give=WWMutex.unlock,
        try_take=WWMutex.trylock,
        timed=lambda mutex, seconds: mutex.base.lock_timeout(seconds),
        interruptible=WWMutex.lock_interruptible,
        section=lambda mutex: mutex,
        drop_in=True,
    ),
)
