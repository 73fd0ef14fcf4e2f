"""SpinLock, plain and with interrupts or bottom halves off, and RawSpinLock."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from lockdep.fastpath import BUILD
from primitives import RawSpinLock, SpinLock
from tests.primitives.contract import Adapter
from tests.stress.subjects import IgnoresFailedTry, MakeSubject, Side, Subject, exclusive

OWN_QUEUE = BUILD == "compiled"  # the pure build waits in the platform's lock, which promises no order

ADAPTERS = (
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
)


def with_section(section: Callable[[SpinLock], AbstractContextManager[None]], broken: bool) -> Subject:
    """Return a subject for a critical section that is a generator, so that an exception in it may lose the lock."""
    lock = SpinLock()
    side = Side(lambda: IgnoresFailedTry(lock)) if broken else Side(lambda: section(lock))
    return Subject(side, interruptible=False)


SUBJECTS: dict[str, MakeSubject] = {
    "spinlock": lambda broken: exclusive(SpinLock, broken),
    "raw-spinlock": lambda broken: exclusive(RawSpinLock, broken),
    "spinlock-irqsave": lambda broken: with_section(SpinLock.irqsave, broken),
    "spinlock-bh": lambda broken: with_section(SpinLock.bh, broken),
}
