"""Where a case plays: its locks, made when they are first named, and the operations that concern no single lock."""

from __future__ import annotations

from typing import Any

from tests.selftest.cases import Case, Step
from tests.selftest.drivers import Driver
from tests.selftest.dsl import LOCK, NUMBER, OPERATIONS, SCENE, TEXT
from tests.selftest.model_words import NOCHECK, RECURSIVE_READ
from tests.selftest.ww import DEFAULT, POISON

DEFAULT_CLASSES = {"ww_mutex": f"{DEFAULT}_mutex", "ww_acquire_ctx": f"{DEFAULT}_acquire"}


class Scene:
    """One run of one case in one world: the validator's, or the model's."""

    def __init__(self, case: Case, world: Any) -> None:
        self.case = case
        self.world = world
        self.stamps = 0
        self._locks: dict[str, Driver] = {}
        self._maps: dict[str, Any] = {}
        self._without_fs = 0

    def lock(self, name: str) -> Driver:
        if name not in self._locks:
            kind = self.case.locks[name]
            class_name = self.case.classes.get(name) or DEFAULT_CLASSES.get(kind, name)
            self._locks[name] = self.world.drivers[kind](self, kind, class_name)
        return self._locks[name]

    def reads_recurse(self) -> bool:
        return self.case.reads_recurse or bool(self.world.in_interrupt())

    def run(self, step: Step) -> object:
        """Do one operation and return its result."""
        known = OPERATIONS[step.operation]
        arguments = list(step.arguments)
        if known.by == LOCK:
            subject: Any = self.lock(arguments.pop(0))
        else:
            subject = self if known.by == SCENE else self.world
        resolved = [self._resolve(kind, argument) for kind, argument in zip(known.takes, arguments, strict=False)]
        options = {key: value for key, value in step.options.items() if key not in ("ret", "in")}
        return getattr(subject, step.operation)(*resolved, **options)

    def _resolve(self, kind: str, argument: Any) -> Any:
        if argument is None or kind in (NUMBER, TEXT):
            return argument
        return POISON if argument == "poison" else self.lock(argument)

    def forget(self, lock: Driver) -> None:
        """Drop the last reference to a lock. One of that name that is used later is a new one."""
        self._locks = {name: known for name, known in self._locks.items() if known is not lock}

    # RCU: read sides that only restrict what may be waited for

    def rcu_read_lock(self) -> None:
        self._map("rcu", "rcu_read_lock").take(RECURSIVE_READ | NOCHECK)

    def rcu_read_unlock(self) -> None:
        self._map("rcu", "rcu_read_lock").release()

    def rcu_read_lock_bh(self) -> None:
        self.world.softirq_disable()
        self._map("rcu", "rcu_read_lock_bh").take(RECURSIVE_READ | NOCHECK)

    def rcu_read_unlock_bh(self) -> None:
        self._map("rcu", "rcu_read_lock_bh").release()
        self.world.softirq_enable()

    def rcu_read_lock_sched(self) -> None:
        self.world.preempt_disable()
        self._map("rcu_sched", "rcu_read_lock_sched").take(RECURSIVE_READ | NOCHECK)

    def rcu_read_unlock_sched(self) -> None:
        self._map("rcu_sched", "rcu_read_lock_sched").release()
        self.world.preempt_enable()

    # Allocations that may enter filesystem reclaim

    def fs_reclaim_acquire(self, flags: str = "GFP_KERNEL") -> None:
        if self._may_reclaim(flags):
            self._map("annotation", "fs_reclaim").take()

    def fs_reclaim_release(self, flags: str = "GFP_KERNEL") -> None:
        if self._may_reclaim(flags):
            self._map("annotation", "fs_reclaim").release()

    def might_alloc(self, flags: str = "GFP_KERNEL") -> None:
        self.fs_reclaim_acquire(flags)
        self.fs_reclaim_release(flags)
        if flags not in ("GFP_ATOMIC", "GFP_NOWAIT"):
            self.world.might_sleep()

    def memalloc_nofs_save(self) -> None:
        self._without_fs += 1

    def memalloc_nofs_restore(self) -> None:
        self._without_fs -= 1

    def _may_reclaim(self, flags: str) -> bool:
        return flags in ("GFP_KERNEL", "GFP_USER") and not self._without_fs

    def _map(self, kind: str, name: str) -> Any:
        if name in self.case.locks:
            return self.lock(name).map
        if name not in self._maps:
            self._maps[name] = self.world.make_map(kind, name)
        return self._maps[name]
