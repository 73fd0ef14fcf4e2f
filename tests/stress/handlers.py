"""Subjects of worktorture: threads that are parked, interrupts and tasklets that are taken away, and a table that is
looked into before it is changed.
"""

from __future__ import annotations

import time
from contextlib import nullcontext, suppress
from errno import ENOSYS
from itertools import count
from random import Random
from typing import Any

from primitives.irq import cpu_relax, disable_irq, disable_irq_nosync, enable_irq, free_irq, raise_irq, request_irq
from primitives.kthread import KThread, kthread_parkme, kthread_should_park, kthread_should_stop
from primitives.rcu import rcu_read_side
from primitives.rculist import RCUDict
from primitives.softirq import Tasklet
from primitives.work import Work
from primitives.workqueue import WorkQueue
from tests.stress.guarded import HUNG, Guarded, MakeSubject, Round, Violations
from tests.stress.torture import delay

numbers = count(10_000)  # of interrupts


class Restless(KThread):
    """Broken on purpose: it says that it is parked, and goes on."""

    def parkme(self) -> None:
        request = self._park.get("park")
        if request is not None:
            request.parked = True
            request.way.end()
            time.sleep(0)


class Worker:
    """A thread that works until it is told to stop, and parks when it is asked to. `parked`: it must do nothing."""

    def __init__(self, kind: type[KThread], violations: Violations) -> None:
        self.violations = violations
        self.parked = self.ended = False
        self.times = 0
        self.thread = kind(self.run, None, "parked")

    def run(self, _: Any) -> int:
        random = Random(1)
        while not kthread_should_stop():
            if kthread_should_park():
                kthread_parkme()
            self.look()
            delay(random)
            self.look()
            self.times += 1
        self.ended = True
        return self.times

    def look(self) -> None:
        self.violations.unless(not self.parked, "a thread works while it is parked")

    def goes_on(self) -> bool:
        before, end = self.times, time.monotonic() + HUNG
        while self.times == before and time.monotonic() < end:
            time.sleep(0)
        return self.times > before


def kthread_park(broken: bool, violations: Violations) -> Round:
    """A thread is parked and goes on, again and again, while others wake it; at last it is stopped meanwhile."""
    queue = WorkQueue("stoppers", 8)

    def visit(random: Random) -> None:
        worker = Worker(Restless if broken else KThread, violations)
        waker, stopper = Work(lambda _: worker.thread.wake()), Work(lambda _: worker.thread.stop())
        for _ in range(3):
            violations.unless(worker.thread.park() == 0, "a thread that goes on cannot be parked")
            worker.parked = True
            queue.queue(waker)
            delay(random)
            worker.parked = False
            worker.thread.unpark()
            violations.unless(worker.goes_on(), "a thread does not go on though it was unparked")
        queue.queue(stopper)
        delay(random)
        violations.unless(worker.thread.park() in (0, -ENOSYS), "a thread that ends cannot be parked")
        worker.thread.stop()
        violations.unless(worker.ended, "a thread is in its function after it was stopped")
        waker.cancel_sync()
        stopper.flush()

    return visit


class Handler:
    """The handler of an interrupt, which may run in several threads at once, but not while it is forbidden."""

    def __init__(self, violations: Violations) -> None:
        self.violations = violations
        self.forbidden = False
        self.random = Random(1)

    def __call__(self, _: int) -> None:
        self.violations.unless(not self.forbidden, "a handler starts after it was taken away")
        delay(self.random)
        self.violations.unless(not self.forbidden, "a handler runs still after it was taken away")


def interrupt(broken: bool, violations: Violations) -> Round:
    """An interrupt is raised in several threads while it is disabled, enabled and freed."""
    queue = WorkQueue("raisers", 8)
    disable = disable_irq_nosync if broken else disable_irq

    def visit(random: Random) -> None:
        handler, number = Handler(violations), next(numbers)
        request_irq(number, handler)
        raisers = [Work(lambda _: interrupt_itself(number)) for _ in range(3)]
        for _ in range(3):
            for raiser in raisers:
                queue.queue(raiser)
            delay(random)
            disable(number)
            handler.forbidden = True
            delay(random)
            handler.forbidden = False
            enable_irq(number)
        free_irq(number)
        handler.forbidden = True
        for raiser in raisers:
            raiser.flush()

    return visit


def interrupt_itself(number: int) -> None:
    """Raise an interrupt in the calling thread, as long as it has a handler."""
    for _ in range(3):
        with suppress(ValueError):
            raise_irq(number)


def tasklet(broken: bool, violations: Violations) -> Round:
    """A tasklet is scheduled in several threads while it is disabled, enabled and killed."""
    queue = WorkQueue("schedulers", 8)

    def visit(random: Random) -> None:
        function = Guarded(violations)
        one = Tasklet(lambda: function(None))
        schedulers = [Work(lambda _: (one.schedule(), cpu_relax())) for _ in range(3)]
        for _ in range(3):
            for scheduler in schedulers:
                queue.queue(scheduler)
            delay(random)
            one.disable() if broken else one.disable_sync()
            function.forbidden = True
            delay(random)
            function.forbidden = False
            one.enable()
        one.kill()
        function.forbidden = True
        for scheduler in schedulers:
            scheduler.flush()

    return visit


def locked_table(broken: bool, violations: Violations) -> Round:
    """Several threads insert a key if it is not there, and remove what they have inserted, under the table's lock."""
    table: RCUDict[int, object] = RCUDict(name="locked table")

    def insert(key: int, mine: object) -> bool:
        with nullcontext() if broken else table.lock, rcu_read_side():
            if key in table:
                return False
            if broken:
                table[key] = mine
            else:
                table.set_locked(key, mine)
            return True

    def visit(random: Random) -> None:
        key, mine = random.randrange(3), object()
        if insert(key, mine):
            delay(random)
            with table.lock:
                violations.unless(table.get(key) is mine, "a key was inserted by two threads")
                if key in table:
                    table.pop_locked(key)

    return visit


SUBJECTS: dict[str, MakeSubject] = {
    "kthread_park": kthread_park,
    "interrupt": interrupt,
    "tasklet": tasklet,
    "locked_table": locked_table,
}
