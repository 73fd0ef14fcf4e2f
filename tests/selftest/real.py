"""The drivers of the locks in primitives/: the same operations, done by real locks.

Kinds without a primitive are driven as maps. A lock that is not free is never waited for: see Driver.take.
"""

from __future__ import annotations

import contextlib
from typing import Any, ClassVar

import primitives
from lockdep.fastpath.waitqueue import FOREVER
from primitives import rcu
from primitives.local_lock import LocalLock
from primitives.mutex import Mutex
from primitives.rwsem import ALL
from primitives.spinlock import RawSpinLock, SpinLock
from tests.selftest.drivers import CaseError, Completion, Driver, Exclusive, ReadWrite, RWLock, Semaphore, Taking
from tests.selftest.kinds import DRIVERS
from tests.selftest.model_words import RECURSIVE_READ, TIMED, TRY

SOON = 0.001  # seconds; a lock that is not free stays so, since there is no other thread


class Real(Driver):
    """The common part of these drivers. Releasing a lock that is not held is a finding and a RuntimeError."""

    def make_map(self) -> Any:
        self.real = self.make()
        return self.scene.world.wrap(getattr(self.real, "dep_map", self.real))

    def make(self) -> Any:
        raise NotImplementedError

    def init(self) -> None:
        super().init()
        self.map = self.make_map()

    def free(self) -> None:
        del self.real
        super().free()

    def release(self, mode: int) -> bool:
        try:
            self.unlock_real(bool(mode))
        except RuntimeError:
            return False
        return True

    def unlock_real(self, read: bool) -> None:
        raise NotImplementedError


class RealQueue(Real):
    """A reader/writer lock. Its wait queue does what it has no method for, such as reading with a subclass."""

    def acquire(self, taking: Taking) -> None:
        mode, nest, subclass, _ = taking
        if nest is None and not subclass and not mode & TIMED:
            self.lock_real(taking.read, bool(mode & TRY))
            return
        timeout = 0 if mode & TRY else SOON if mode & TIMED else FOREVER
        around = nest and nest.map.dep_map
        self.real.lock(
            1 if taking.read else ALL, mode & 3, timeout, False, bool(mode & RECURSIVE_READ), around, subclass
        )

    def lock_real(self, read: bool, tried: bool) -> None:
        raise NotImplementedError


class RealExclusive(Real, Exclusive):
    """A lock with one owner; it is its own dep_map."""

    kinds: ClassVar[dict[str, type]] = {"spin": SpinLock, "raw_spin": RawSpinLock, "mutex": Mutex, "rtmutex": Mutex}

    def make(self) -> Any:
        return self.kinds[self.kind](self.class_name)

    def acquire(self, taking: Taking) -> None:
        mode, nest, subclass, _ = taking
        if mode & TRY:
            self.real.trylock()
        elif mode & TIMED:
            self.real.lock_timeout(SOON)
        elif nest is not None:
            self.real.lock_nest_lock(nest.map.dep_map)
        elif subclass:
            self.real.lock_nested(subclass)
        else:
            self.real.lock()

    def unlock_real(self, read: bool) -> None:  # noqa: ARG002 - there are no readers
        self.real.unlock()


class RealLocalLock(Real, Exclusive):
    """local_lock_t. Operations that it does not have, such as being taken as a subclass, go to its map alone."""

    def make(self) -> LocalLock:
        return LocalLock(self.class_name)

    def acquire(self, taking: Taking) -> None:
        if taking.mode or taking.nest or taking.subclass:
            super().acquire(taking)
        else:
            self.real.local_lock()

    def release(self, mode: int) -> bool:
        if self.real.locked():
            return super().release(mode)
        return self.map.release()

    def unlock_real(self, read: bool) -> None:  # noqa: ARG002
        self.real.local_unlock()


class RealRWLock(RealQueue, RWLock):
    """rwlock_t: queued or not, as the case says."""

    def make(self) -> primitives.RWLock:
        return primitives.RWLock(self.class_name, queued=not self.scene.case.reads_recurse)

    def lock_real(self, read: bool, tried: bool) -> None:
        if tried:
            (self.real.read_trylock if read else self.real.write_trylock)()
        else:
            (self.real.read_lock if read else self.real.write_lock)()

    def unlock_real(self, read: bool) -> None:
        (self.real.read_unlock if read else self.real.write_unlock)()


class RealRWSem(RealQueue, ReadWrite):
    """struct rw_semaphore."""

    def make(self) -> primitives.RWSem:
        return primitives.RWSem(self.class_name)

    def lock_real(self, read: bool, tried: bool) -> None:
        if tried:
            (self.real.down_read_trylock if read else self.real.down_write_trylock)()
        else:
            (self.real.down_read if read else self.real.down_write)()

    def unlock_real(self, read: bool) -> None:
        (self.real.up_read if read else self.real.up_write)()

    def downgrade(self) -> None:
        self.writers, self.readers = 0, 1
        with contextlib.suppress(RuntimeError):
            self.real.downgrade_write()


class RealSemaphore(Real, Semaphore):
    """struct semaphore, with one unit."""

    def make(self) -> primitives.Semaphore:
        return primitives.Semaphore(1, self.class_name)

    def acquire(self, taking: Taking) -> None:
        if taking.mode & TRY:
            self.real.down_trylock()
        elif taking.mode & TIMED:
            self.real.down_timeout(SOON)
        else:
            self.real.down()

    def up(self) -> None:
        self.real.up()
        self.writers = 0


class RealCompletion(Completion):
    """struct completion."""

    def make_map(self) -> Any:
        self.real = primitives.Completion(self.class_name)
        return self.scene.world.wrap(self.real.dep_map)

    def wait(self) -> None:
        if not self.real.done():
            raise CaseError("this would wait for ever")
        self.real.wait_for_completion()

    def complete(self) -> None:
        self.real.complete()


class RealSections:
    """RCU. Ending a section that was not begun is a finding and a RuntimeError."""

    rcu_read_lock = staticmethod(rcu.rcu_read_lock)
    rcu_read_lock_bh = staticmethod(rcu.rcu_read_lock_bh)
    rcu_read_lock_sched = staticmethod(rcu.rcu_read_lock_sched)

    def rcu_read_unlock(self) -> None:
        with contextlib.suppress(RuntimeError):
            rcu.rcu_read_unlock()

    def rcu_read_unlock_bh(self) -> None:
        with contextlib.suppress(RuntimeError):
            rcu.rcu_read_unlock_bh()

    def rcu_read_unlock_sched(self) -> None:
        with contextlib.suppress(RuntimeError):
            rcu.rcu_read_unlock_sched()

    def leave_all(self) -> None:
        """End every section."""
        for flavour in (rcu.RCU, rcu.BH, rcu.SCHED):
            while rcu.core.depth(flavour):
                rcu.core.leave(flavour)


REAL: dict[str, type[Driver]] = {
    **DRIVERS,
    **dict.fromkeys(RealExclusive.kinds, RealExclusive),
    "local_lock": RealLocalLock,
    "rwlock": RealRWLock,
    "rwsem": RealRWSem,
    "semaphore": RealSemaphore,
    "completion": RealCompletion,
}
