"""RCU read sides as maps: they make no dependencies and only limit the wait types allowed inside."""

from __future__ import annotations

from typing import Any

from tests.selftest.model_words import NOCHECK, RECURSIVE_READ

ENTER = RECURSIVE_READ | NOCHECK


class Sections:
    """The read sides of one world."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.plain, self.bh = (world.make_map("rcu", name) for name in ("rcu_read_lock", "rcu_read_lock_bh"))
        self.sched = world.make_map("rcu_sched", "rcu_read_lock_sched")

    def rcu_read_lock(self) -> None:
        self.plain.take(ENTER)

    def rcu_read_unlock(self) -> None:
        self.plain.release()

    def rcu_read_lock_bh(self) -> None:
        self.world.softirq_disable()
        self.bh.take(ENTER)

    def rcu_read_unlock_bh(self) -> None:
        if self.bh.release():
            self.world.softirq_enable()

    def rcu_read_lock_sched(self) -> None:
        self.world.preempt_disable()
        self.sched.take(ENTER)

    def rcu_read_unlock_sched(self) -> None:
        if self.sched.release():
            self.world.preempt_enable()
