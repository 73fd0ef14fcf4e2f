"""PercpuRWSem, held for reading and for writing."""

from primitives import PercpuRWSem
from tests.primitives.contract import Adapter
from tests.stress.subjects import MakeSubject, Side, Subject

ADAPTERS = (
    Adapter(
        "percpu-rwsem-write",
        make=PercpuRWSem,
        take=PercpuRWSem.down_write,
        give=PercpuRWSem.up_write,
        try_take=PercpuRWSem.down_write_trylock,
        section=PercpuRWSem.write,
    ),
    Adapter(
        "percpu-rwsem-read",
        make=PercpuRWSem,
        take=PercpuRWSem.down_read,
        give=PercpuRWSem.up_read,
        try_take=PercpuRWSem.down_read_trylock,
        section=PercpuRWSem.read,
        block=PercpuRWSem.down_write,
        unblock=PercpuRWSem.up_write,
        shared=True,
        recursion="recursive",
    ),
)


class Hasty(PercpuRWSem):
    """Broken on purpose: the writer does not wait until the readers have left."""

    def down_write(self) -> None:
        self._gate.wait(1 << 30)
        self._blocked = True
        self.dep_map.hold()
        self._owner = self._gate.owner


def both_sides(broken: bool) -> Subject:
    sem = Hasty() if broken else PercpuRWSem()
    # An exception between two bytecodes of it may lose the count of a reader, as its docstring says.
    return Subject(Side(sem.write), Side(sem.read), interruptible=False)


SUBJECTS: dict[str, MakeSubject] = {"percpu_rwsem": both_sides}
