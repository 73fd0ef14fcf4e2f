"""Random programs in the DSL: six locks of mixed kinds that are taken, tried, nested and released among interrupts.

The writer of a program keeps track of every lock, so that no operation would block, and that the program ends with
nothing held and interrupts on. The bytes from which a program is made choose each next operation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.selftest.cases import Call, Case

KINDS = ("spin", "raw_spin", "rwlock", "mutex", "rwsem", "local_lock")
MIXTURES = (KINDS, ("spin", "rwlock"), KINDS, ("rwlock", "rwsem", "mutex"))  # the kinds of lock that a program has
WITHOUT_INTERRUPTS = (2, 3)  # the mixtures without interrupts
WITH_READERS = ("rwlock", "rwsem")
LOCKS = 6
LONGEST = 60


@dataclass(eq=False)
class Taken:
    """An acquisition that the program has made, in which handler, and under which nest lock."""

    lock: str
    shared: bool
    handler: int
    nest: str = ""

    def give(self, kind: str) -> Call:
        if kind in WITH_READERS:
            return Call("read_unlock" if self.shared else "write_unlock", (self.lock,))
        return Call("unlock", (self.lock,))


@dataclass
class Writer:
    """Writes a program, one operation after the other."""

    kinds: dict[str, str]
    interrupts: bool = True
    steps: list[Call] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    handlers: list[str] = field(default_factory=list)
    irqs_off: bool = False
    bh_off: bool = False

    def choices(self) -> list[tuple[Call, Taken | None]]:
        """Return the operations that are possible next, in an order that depends only on the earlier operations."""
        return [*self._acquisitions(), *self._releases(), *((step, None) for step in self._switches())]

    def do(self, step: Call, taken: Taken | None) -> None:
        self.steps.append(step)
        name = step.operation
        if taken in self.taken:
            self.taken = [one for one in self.taken if one is not taken]
        elif name == "downgrade":
            next(one for one in self.taken if one.lock == step.arguments[0]).shared = True
        elif taken is not None:
            self.taken.append(taken)
        elif name.endswith("_exit"):
            self.handlers.pop()
        elif "_enter" in name:
            self.handlers.append(name.partition("_enter")[0])
        elif name.startswith("hardirq"):
            self.irqs_off = name == "hardirq_disable"
        elif name.startswith("softirq"):
            self.bh_off = name == "softirq_disable"

    def finish(self) -> None:
        """Release everything, the innermost first, and switch everything on."""
        while self.taken or self.handlers:
            depth = len(self.handlers)
            last = next((one for one in reversed(self.taken) if one.handler == depth), None)
            if last is not None:
                self.do(last.give(self.kinds[last.lock]), last)
            elif depth:
                self.do(Call(f"{self.handlers[-1]}_exit", ()), None)
        if self.irqs_off:
            self.do(Call("hardirq_enable", ()), None)
        if self.bh_off:
            self.do(Call("softirq_enable", ()), None)

    def _acquisitions(self) -> Iterator[tuple[Call, Taken | None]]:
        for lock, kind in self.kinds.items():
            mine = [one for one in self.taken if one.lock == lock]
            if kind in WITH_READERS:
                yield from self._with_readers(lock, bool(mine), any(not one.shared for one in mine))
            else:
                yield from self._exclusive(lock, bool(mine))

    def _exclusive(self, lock: str, held: bool) -> Iterator[tuple[Call, Taken | None]]:
        if held:
            return
        for operation in ("lock", "lock", "trylock"):
            yield Call(operation, (lock,)), Taken(lock, False, len(self.handlers))
        yield Call("lock_nested", (lock, 1)), Taken(lock, False, len(self.handlers))
        if self.taken and self.taken[0].lock != lock:
            nest = self.taken[0].lock
            yield Call("lock_nest", (lock, nest)), Taken(lock, False, len(self.handlers), nest)
        yield Call("might_lock", (lock,)), None
        yield Call("sync", (lock,)), None

    def _with_readers(self, lock: str, held: bool, written: bool) -> Iterator[tuple[Call, Taken | None]]:
        if not written:
            for operation in ("read_lock", "read_lock", "read_trylock"):
                yield Call(operation, (lock,)), Taken(lock, True, len(self.handlers))
            yield Call("read_lock_nested", (lock, 1)), Taken(lock, True, len(self.handlers))
        if not held:
            for operation in ("write_lock", "write_lock", "write_trylock"):
                yield Call(operation, (lock,)), Taken(lock, False, len(self.handlers))
            yield Call("write_lock_nested", (lock, 1)), Taken(lock, False, len(self.handlers))

    def _releases(self) -> Iterator[tuple[Call, Taken | None]]:
        here = [one for one in self.taken if one.handler == len(self.handlers)]
        innermost = {one.lock: one for one in here}
        needed = {one.nest for one in self.taken}
        for one in here:
            if not one.shared and self.kinds[one.lock] == "rwsem":
                yield Call("downgrade", (one.lock,)), None
            if innermost[one.lock] is one and one.lock not in needed:
                yield one.give(self.kinds[one.lock]), one
        if here:  # the common order: last in, first out
            yield here[-1].give(self.kinds[here[-1].lock]), here[-1]
            yield here[-1].give(self.kinds[here[-1].lock]), here[-1]

    def _switches(self) -> Iterator[Call]:
        if not self.interrupts:
            return
        here = [one for one in self.taken if one.handler == len(self.handlers)]
        if self.handlers:
            if not here:
                yield Call(f"{self.handlers[-1]}_exit", ())
                yield Call(f"{self.handlers[-1]}_exit", ())
            return
        yield Call("hardirq_enable" if self.irqs_off else "hardirq_disable", ())
        if self.irqs_off:
            return
        yield Call("softirq_enable" if self.bh_off else "softirq_disable", ())
        yield Call("hardirq_enter", ())
        yield Call("hardirq_enter_nonthreaded", ())
        if not self.bh_off:
            yield Call("softirq_enter", ())


def write(data: bytes) -> Case:
    """Return the program that these bytes stand for. The first ones choose the kinds, and which locks share a class."""
    head, body = data[:LOCKS], data[LOCKS:LONGEST]
    mixture = sum(head) // 2 % len(MIXTURES)
    kinds, classes = {}, {}
    for number, byte in enumerate(head):
        name = f"L{number}"
        kinds[name] = MIXTURES[mixture][byte % len(MIXTURES[mixture])]
        classes[name] = name
        earlier = [other for other in list(kinds)[:-1] if kinds[other] == kinds[name]]
        if earlier and byte >= 192:  # another lock of the same kind
            classes[name] = classes[earlier[0]]
    writer = Writer(kinds, mixture not in WITHOUT_INTERRUPTS)
    for byte in body:
        choices = writer.choices()
        if choices:
            writer.do(*choices[byte % len(choices)])
    writer.finish()
    return Case(
        "random", "random", "random", "", kinds, classes, tuple(writer.steps), reads_recurse=bool(sum(head) % 2)
    )
