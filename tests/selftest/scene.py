"""The scene of a case: its locks, which are made when first named, and the operations that concern no single lock."""

from __future__ import annotations

from typing import Any

from tests.selftest.cases import Call, Case
from tests.selftest.drivers import Driver
from tests.selftest.dsl import LOCK, NUMBER, OPERATIONS, RCU, SCENE, TEXT, WORLD
from tests.selftest.model_words import READ, TRY
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

    def run(self, step: Call) -> object:
        """Do one operation and return its result."""
        known = OPERATIONS[step.operation]
        arguments = list(step.arguments)
        if known.by == LOCK:
            subject: Any = self.lock(arguments.pop(0))
        else:
            subject = {SCENE: self, WORLD: self.world, RCU: self.world.rcu}[known.by]
        options = {key: value for key, value in step.options.items() if key not in ("ret", "in")}
        while options and len(arguments) < len(known.takes):
            arguments.append(options.pop(next(iter(options))))  # an argument given by name
        resolved = [self._resolve(kind, argument) for kind, argument in zip(known.takes, arguments, strict=False)]
        return getattr(subject, step.operation)(*resolved, **options)

    def _resolve(self, kind: str, argument: Any) -> Any:
        if argument is None or kind in (NUMBER, TEXT):
            return argument
        return POISON if argument == "poison" else self.lock(argument)

    def forget(self, lock: Driver) -> None:
        """Drop the last reference to a lock. A later use of its name makes a new lock."""
        self._locks = {name: known for name, known in self._locks.items() if known is not lock}

    def leave(self) -> None:
        """Release every lock that is still taken, also those that the validator does not know of."""
        for lock in self._locks.values():
            while lock.writers or lock.readers:
                if not lock.map.is_held():
                    lock.map.take(TRY)
                if not lock.give(0 if lock.writers else READ):
                    break
        self._locks.clear()

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
