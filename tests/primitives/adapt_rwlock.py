"""RWLock, held for reading and for writing, in both modes."""

from primitives import RWLock
from tests.primitives.contract import Adapter


def queued() -> RWLock:
    return RWLock(queued=True)


ADAPTERS = (
    Adapter(
        "rwlock-write",
        make=RWLock,
        take=RWLock.write_lock,
        give=RWLock.write_unlock,
        try_take=RWLock.write_trylock,
        section=RWLock.write,
        drop_in=True,
    ),
    Adapter(
        "rwlock-read",
        make=RWLock,
        take=RWLock.read_lock,
        give=RWLock.read_unlock,
        try_take=RWLock.read_trylock,
        section=RWLock.read,
        block=RWLock.write_lock,
        unblock=RWLock.write_unlock,
        fifo=False,
        shared=True,
        recursion=None,
    ),
    Adapter(
        "rwlock-queued-write",
        make=queued,
        take=RWLock.write_lock,
        give=RWLock.write_unlock,
        try_take=RWLock.write_trylock,
        section=RWLock.write,
        drop_in=True,
    ),
    Adapter(
        "rwlock-queued-read",
        make=queued,
        take=RWLock.read_lock,
        give=RWLock.read_unlock,
        try_take=RWLock.read_trylock,
        section=RWLock.read,
        block=RWLock.write_lock,
        unblock=RWLock.write_unlock,
        shared=True,
        recursion="recursive",
    ),
)
