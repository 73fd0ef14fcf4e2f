"""SRCU: RCU whose readers may sleep. Each domain has its own readers and waits for them only (kernel: srcu_struct).

    plugins = SRCU("plugins")
    index = plugins.read_lock()
    try: ...
    finally: plugins.read_unlock(index)
    plugins.synchronize()                     waits for the readers that were inside; or plugins.call(close, old)

Each reader counts itself in the current generation, whose number is the index. A grace period makes a new generation
the current one and waits until all older ones are empty. An empty generation is retired by the same atomic operation
that finds it empty, so a late reader notices and enters the current generation. No lock is held during a wait, and any
number of threads may wait at once.

To the validator a section is a recursive read acquisition, fully checked, and `synchronize` is a wait for all readers:
a lock that is held around `synchronize` and taken inside a section is reported as a deadlock. A thread that ends inside
a section, or that a fork leaves behind in the child, is no reader any more.

Cost of a section: about two atomic operations and two dictionary operations, one microsecond.
"""

from __future__ import annotations

import _thread
import weakref
from collections.abc import Callable
from itertools import count
from typing import Any, TypeVar

from lockdep import assertions
from lockdep.fastpath import RECURSIVE_READ, DepMap
from lockdep.forks import at_fork
from lockdep.wait_types import PLAIN
from primitives import _grace
from primitives._callbacks import CallbackQueue
from primitives._report import bad_unlock, hopeless, initialised, suspicious
from primitives.atomic import Atomic, AtomicRef, smp_mb
from primitives.rcu import RCUStatistics, rcu_read_lock_any_held

T = TypeVar("T")
RETIRED = -(1 << 62)
ILLEGAL = "Illegal synchronize_srcu() in same-type SRCU (or in RCU) read-side critical section"
_domains: weakref.WeakSet[SRCU] = weakref.WeakSet()


class Generation:
    """The readers that came between two grace periods.

    `active` is how many are inside, or a number near RETIRED once the generation is closed: late readers that have
    entered and not yet noticed make the difference.
    """

    __slots__ = ("active", "number")

    def __init__(self, number: int, active: int = 0) -> None:
        self.number: int = number
        self.active: Atomic = Atomic(active)

    def enter(self) -> bool:
        """Count one more reader; return False if the generation is retired already."""
        if self.active.add_return(1) > 0:
            return True
        self.active.add(-1)
        return False

    def retire(self) -> bool:
        """Retire the generation if it is empty; return whether it is retired."""
        return self.active.cmpxchg(0, RETIRED) <= 0


class ReadSection:
    """The context manager of one read-side section."""

    __slots__ = ("domain", "index")

    def __init__(self, domain: SRCU) -> None:
        self.domain: SRCU = domain

    def __enter__(self) -> None:
        self.index: int = self.domain.read_lock()

    def __exit__(self, *_: object) -> None:
        self.domain.read_unlock(self.index)


class ThreadSections:
    """The sections that one thread is in, in one domain. They are left when the thread ends.

    `counts` has, for each number of a generation, how many sections of it the thread is in.
    """

    __slots__ = ("counts", "domain", "forks")

    def __init__(self, domain: SRCU) -> None:
        self.counts: dict[int, int] = {}
        self.domain: weakref.ReferenceType[SRCU] = weakref.ref(domain)
        self.forks: int = domain._forks

    def __del__(self) -> None:
        domain = self.domain()
        if domain is not None and self.forks == domain._forks:
            for number, sections in self.counts.items():
                domain._leave(number, sections)


class SRCU:
    """A domain of sleepable RCU.

    Invariant: every generation with a reader inside is in `_generations`. Once a reader has seen the current
    generation, no older one is entered any more.
    """

    traits = PLAIN

    def __init__(self, name: str | None = None, *, stall_after: float = _grace.STALL_SECONDS) -> None:
        initialised(self)
        self.dep_map: DepMap = DepMap(name, type(self))
        self.name: Any | str = self.dep_map.entry.lock_class.name if name is None else name
        self.stall_after = stall_after
        self._numbers = count(1)
        first = Generation(0)
        self._current = AtomicRef(first)
        self._generations = {0: first}
        self._parked: set[_grace.WakeQueue] = set()
        self._forks: int = getattr(self, "_forks", -1) + 1  # another life: sections of the one before do not count
        self._local = _thread._local()
        self._callbacks = CallbackQueue(self.name, self._wait)
        _domains.add(self)

    # Readers

    def read_lock(self) -> int:
        """Begin a section; return the index that read_unlock needs. ThreadSections nest, and may sleep."""
        self.dep_map.hold(RECURSIVE_READ)
        number = self.down_read()
        counts = self._mine()
        counts[number] = counts.get(number, 0) + 1
        return number

    def read_unlock(self, index: int) -> None:
        """End the section with this index, in the thread that began it.

        RuntimeError, after a report, if it is not in it.
        """
        counts = self._mine()
        sections = counts.get(index, 0)
        if not sections:
            bad_unlock(self, f"read_unlock({index}) of an SRCU section that this thread is not in")
        if sections == 1:
            del counts[index]
        else:
            counts[index] = sections - 1
        self._leave(index, 1)
        self.dep_map.release()

    def reading(self) -> ReadSection:
        """Return the context manager of a section."""
        return ReadSection(self)

    def down_read(self) -> int:
        """Begin a section that any thread may end with up_read; return its index. The validator does not see it."""
        while not (generation := self._current.read()).enter():
            pass
        return generation.number

    def up_read(self, index: int) -> None:
        """End a section that was begun with down_read, in any thread."""
        self._leave(index, 1)

    def read_lock_held(self) -> bool:
        """Return whether this thread is in a section."""
        return bool(self._mine())

    def dereference(self, pointer: AtomicRef[T], condition: object = False) -> T:
        """Return the object of a pointer. Reported unless this thread is in a section or `condition` is true."""
        if not condition and not self._mine():
            suspicious("suspicious srcu_dereference_check() usage")
        return pointer.read()

    # Grace periods

    def synchronize(self) -> None:
        """Wait until every section that has begun is over. DeadlockError inside a section of this domain."""
        if self._mine():
            hopeless(ILLEGAL, "leave the section first", self.dep_map.entry.lock_class)
        if rcu_read_lock_any_held():
            suspicious(ILLEGAL, "leave the section first")
        assertions.might_sleep()
        self.dep_map.sync()
        self._wait()

    def call(self, callback: Callable[..., object], *arguments: Any) -> None:
        """Call callback(*arguments) after a grace period, on the domain's own thread. Never waits."""
        self._callbacks.add(callback, *arguments)

    def barrier(self) -> None:
        """Wait until all callbacks that were given to `call` before have run.

        DeadlockError inside a section of this domain.
        """
        if self._mine():
            hopeless("Illegal srcu_barrier() in SRCU read-side critical section", "leave the section first")
        self._callbacks.barrier("srcu_barrier()")

    def statistics(self) -> RCUStatistics:
        """Return the statistics at this moment. Here `readers` counts sections, not threads."""
        inside = [generation.active.read() for generation in self._generations.copy().values()]
        return RCUStatistics(len(self._parked), sum(max(0, active) for active in inside), self._callbacks.pending())

    # For the wait

    def park(self, queue: _grace.WakeQueue) -> None:
        """Put something into `queue` whenever a generation becomes empty."""
        self._parked.add(queue)

    def unpark(self, queue: _grace.WakeQueue) -> None:
        """Undo park."""
        self._parked.discard(queue)

    def _wait(self) -> None:
        new = Generation(next(self._numbers))
        self._generations[new.number] = new
        seen = self._current.read()
        while seen.number < new.number:  # several threads may do this at once: the newest generation wins
            _, seen = self._current.try_cmpxchg(seen, new)
        name = f"srcu {self.name}"
        _grace.wait_out(self, lambda: self._older(new.number), self._describe, name=name, stall_after=self.stall_after)

    def _older(self, number: int) -> list[Generation]:
        smp_mb()
        older = [generation for generation in self._generations.copy().values() if generation.number < number]
        inside = []
        for generation in older:
            if generation.retire():
                self._generations.pop(generation.number, None)
            else:
                inside.append(generation)
        return inside

    def _leave(self, number: int, sections: int) -> None:
        generation = self._generations.get(number)
        if generation is None:
            bad_unlock(self, f"up_read({number}) of an SRCU section that nobody is in")
        if generation.active.add_return(-sections) == 0:
            for queue in self._parked.copy():
                queue.put(None)

    def _mine(self) -> dict[int, int]:
        try:
            sections: ThreadSections = self._local.sections
        except AttributeError:
            sections = self._local.__dict__.setdefault("sections", ThreadSections(self))
        return sections.counts

    def _describe(self, generation: Generation) -> str:
        places = _grace.holders(self.dep_map.serial)
        return f"{generation.active.read()} readers of generation {generation.number}" + "".join(
            f"; {place}" for place in places
        )

    def _forked(self) -> None:
        mine = self._mine()
        self._forks += 1
        self._local.sections.forks = self._forks
        number = next(self._numbers)
        first = Generation(number)
        self._generations = {number: first, **{old: Generation(old, sections) for old, sections in mine.items()}}
        self._current.set(first)
        self._parked.clear()


def _in_child() -> None:
    for domain in list(_domains):
        domain._forked()


at_fork(after_in_child=_in_child)
