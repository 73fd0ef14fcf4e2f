"""RWSem, held for reading and for writing."""

from primitives import RWSem
from tests.primitives.contract import Adapter
from tests.stress.subjects import MakeSubject, Side, Subject, TakesOneUnit, way

ADAPTERS = (
    Adapter(
        "rwsem-write",
        make=RWSem,
        take=RWSem.down_write,
        give=RWSem.up_write,
        try_take=RWSem.down_write_trylock,
        timed=RWSem.down_write,
        interruptible=RWSem.down_write_interruptible,
        section=RWSem.write,
        drop_in=True,
    ),
    Adapter(
        "rwsem-read",
        make=RWSem,
        take=RWSem.down_read,
        give=RWSem.up_read,
        try_take=RWSem.down_read_trylock,
        timed=RWSem.down_read,
        interruptible=RWSem.down_read_interruptible,
        section=RWSem.read,
        block=RWSem.down_write,
        unblock=RWSem.up_write,
        shared=True,
        recursion="recursive",
    ),
)


def both_sides(broken: bool) -> Subject:
    sem = RWSem()
    write = Side(lambda: TakesOneUnit(sem)) if broken else Side(sem.write, way(sem.down_write, sem.up_write))
    return Subject(write, Side(sem.read, way(sem.down_read, sem.up_read)))


SUBJECTS: dict[str, MakeSubject] = {"rwsem": both_sides}
