"""RWLock, held for reading and for writing, unfair and queued."""

from primitives import RWLock
from tests.primitives.contract import Adapter
from tests.stress.subjects import MakeSubject, Side, Subject, TakesOneUnit, way


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


def both_sides(broken: bool, queued: bool = False) -> Subject:
    lock = RWLock(queued=queued)
    write = Side(lock.write, way(lambda _: lock.write_trylock(), lock.write_unlock))
    if broken:
        write = Side(lambda: TakesOneUnit(lock))
    return Subject(write, Side(lock.read, way(lambda _: lock.read_trylock(), lock.read_unlock)))


SUBJECTS: dict[str, MakeSubject] = {
    "rwlock": both_sides,
    "rwlock-queued": lambda broken: both_sides(broken, queued=True),
}
