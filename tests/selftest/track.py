"""The validator as a world for the self-test: maps, simulated interrupts, findings, and a clean end.

The locks of the drivers are maps of the kinds of lock defined here; the traits of a kind say how the validator treats
it.
"""

from __future__ import annotations

import contextlib
import gc
import weakref
from collections.abc import Iterator
from typing import Any

import lockdep
from lockdep import annotations, assertions, fastpath, runtime
from lockdep.contexts import simulated
from lockdep.fastpath import TRY, DepMap
from lockdep.violations.finding import Finding
from lockdep.wait_types import CONFIG, FREE, INV, SLEEP, SPIN, Traits
from tests.leftovers import drop_held
from tests.selftest.real import REAL, RealSections

SLEEPING = Traits(inner=SLEEP)
TRAITS = {
    "spin": Traits(inner=CONFIG),
    "raw_spin": Traits(inner=SPIN),
    "rwlock": Traits(inner=CONFIG),
    "local_lock": Traits(inner=CONFIG, kind="percpu"),
    "rcu": Traits(outer=FREE, inner=CONFIG),
    "rcu_sched": Traits(outer=FREE, inner=SPIN),
    "annotation": Traits(inner=INV),
    "ww_acquire_ctx": Traits(inner=INV),
}
_kinds: dict[str, type] = {}


def kind_named(name: str) -> type:
    """Return the type of lock that the maps of this kind belong to."""
    if name not in _kinds:
        _kinds[name] = type(name, (), {"traits": TRAITS.get(name, SLEEPING)})
    return _kinds[name]


class TrackedMap:
    """A dep_map with the operations that the drivers use."""

    def __init__(self, dep_map: DepMap) -> None:
        self.dep_map = dep_map
        self.cookies: list[object] = []

    def take(self, mode: int = 0, nest: TrackedMap | None = None, subclass: int = 0, had: bool = True) -> None:
        ticket = None if mode & TRY else DepMap.acquire(self.dep_map, mode, nest and nest.dep_map, subclass)
        if had:
            self.dep_map.acquired(ticket, mode)

    def release(self) -> bool:
        return DepMap.release(self.dep_map)

    def sync(self) -> None:
        self.dep_map.sync()

    def init(self) -> None:
        self.dep_map.init()

    def free(self) -> None:
        del self.dep_map
        gc.collect()

    def signal(self) -> None:
        self.dep_map.signal()

    def might_lock(self) -> None:
        annotations.might_lock(self.dep_map)

    def set_class(self, name: str) -> None:
        annotations.set_class(self.dep_map, None, name)

    def set_subclass(self, subclass: int) -> None:
        annotations.set_subclass(self.dep_map, subclass)

    def downgrade(self) -> None:
        annotations.downgrade(self.dep_map)

    def pin(self) -> None:
        self.cookies.append(annotations.pin(self.dep_map))

    def unpin(self) -> None:
        annotations.unpin(self.dep_map, self.cookies.pop())

    def assert_held(self) -> None:
        assertions.assert_held(self.dep_map)

    def assert_not_held(self) -> None:
        assertions.assert_not_held(self.dep_map)

    def class_name(self) -> str:
        return str(self.dep_map.entry.lock_class.base.name)

    def is_held(self, read: int = -1) -> int:
        return self.dep_map.is_held(read)


class Tracked:
    """The world of one case: a validator of its own, and the interrupts of this thread."""

    stuck = lockdep.DeadlockError
    drivers = REAL

    hardirq_disable = staticmethod(simulated.local_irq_disable)
    hardirq_enable = staticmethod(simulated.local_irq_enable)
    softirq_disable = staticmethod(simulated.local_bh_disable)
    softirq_enable = staticmethod(simulated.local_bh_enable)
    preempt_disable = staticmethod(simulated.preempt_disable)
    preempt_enable = staticmethod(simulated.preempt_enable)
    softirq_enter = staticmethod(simulated.softirq_enter)
    hardirq_enter = staticmethod(simulated.hardirq_enter)
    in_interrupt = staticmethod(simulated.in_interrupt)
    might_sleep = staticmethod(assertions.might_sleep)

    def __init__(self, validator: lockdep.Validator) -> None:
        self.validator = validator
        self.rcu = RealSections()
        self._maps: list[weakref.ref[DepMap]] = []

    def make_map(self, kind: str, name: str) -> TrackedMap:
        return self.wrap(DepMap(name=name, kind=kind_named(kind)))

    def wrap(self, dep_map: DepMap) -> TrackedMap:
        self._maps.append(weakref.ref(dep_map))
        return TrackedMap(dep_map)

    def clean(self) -> None:
        """Release everything, leave every handler, switch interrupts on. Findings of this do not count."""
        self.rcu.leave_all()
        for dep_map in [found for reference in self._maps if (found := reference()) is not None]:
            while DepMap.is_held(dep_map) == 1:
                dep_map.release()  # a lock that is its own dep_map is really released
        drop_held()
        simulated.forget()

    def hardirq_enter_nonthreaded(self) -> None:
        simulated.hardirq_enter(threaded=False)

    def hardirq_exit(self) -> None:
        simulated.hardirq_exit()
        self._irqs_on()

    def softirq_exit(self) -> None:
        simulated.softirq_exit()
        self._irqs_on()

    def _irqs_on(self) -> None:
        """Switch interrupts on, whatever they were before, unless a handler still runs. So the operation is defined."""
        if not simulated.in_hardirq():
            simulated.local_irq_enable()

    def misuse(self, expression: str) -> None:
        runtime.validator().misused(f"DEBUG_LOCKS_WARN_ON({expression})", "the rules of wound/wait mutexes hold")

    def found(self) -> tuple[Finding, ...]:
        return self.validator.findings()


@contextlib.contextmanager
def world() -> Iterator[Any]:
    """Validate strictly with a fresh validator that writes no reports; at the end, undo all that is not undone."""
    stream = runtime._Process.outlet.descriptor
    runtime.report_to(None)
    try:
        with lockdep.use(lockdep.Validator(lockdep.Options(strict=True))) as validator:
            tracked = Tracked(validator)
            try:
                yield tracked
            finally:
                tracked.clean()
                fastpath.freed()  # a lock that the case annotated only in part may look held
    finally:
        runtime.report_to(stream)
