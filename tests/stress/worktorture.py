"""worktorture: what runs later must have run, and must not run any more, when the wait for it is over.

Threads set and delete timers, queue, flush and cancel work, start, park and stop threads, hand items through wait
queues, take interrupts and tasklets away, and give references back. A subject says what must be true then: no function
runs whose deletion has been waited for; an item runs in one thread at a time, an ordered queue one item; what was
queued before a flush is done after it; a thread that was stopped is gone, and one that is parked does nothing; no
thread sleeps while its condition holds; an object is released once, by its last holder.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from primitives.kref import Kref, Release
from primitives.kthread import KThread, kthread_run, kthread_should_stop
from primitives.timer import Timer, jiffies
from primitives.waitqueue import WaitQueueHead
from primitives.work import DelayedWork, Work
from primitives.workqueue import WorkQueue
from tests.patience import THREAD_LIMIT
from tests.stress import handlers
from tests.stress.guarded import HUNG, Guarded, MakeSubject, Round, Violations
from tests.stress.rounds import choose, let_end, run_each
from tests.stress.torture import delay

SHORT = 0.001  # seconds, the longest delay of a timer


class Rearming(Guarded):
    """The same, for a timer that sets itself now and then."""

    def again(self, thing: Timer) -> None:
        if self.random.random() < 0.5:
            thing.mod(jiffies())


def timer(broken: bool, violations: Violations) -> Round:
    def visit(random: Random) -> None:
        function = Rearming(violations)
        one = Timer(function)
        for _ in range(4):
            one.mod(jiffies() + random.choice((0, 0, random.random() * SHORT)))
            delay(random)
        one.delete() if broken else one.delete_sync()
        function.forbidden = True
        delay(random)
        delay(random)

    return visit


class Requeueing(Guarded):
    """The same, for a work item that queues itself now and then."""

    def __init__(self, violations: Violations, queue: WorkQueue) -> None:
        super().__init__(violations)
        self.queue = queue

    def again(self, thing: Work) -> None:
        if self.random.random() < 0.3:
            self.queue.queue(thing)


def cancelled(kind: type[Work]) -> MakeSubject:
    def make(broken: bool, violations: Violations) -> Round:
        queues = WorkQueue("first", 3), WorkQueue("second", 3)

        def visit(random: Random) -> None:
            function = Requeueing(violations, queues[0])
            one = kind(function)
            for _ in range(5):
                queue = random.choice(queues)
                if isinstance(one, DelayedWork) and random.random() < 0.5:
                    queue.mod_delayed(one, random.random() * SHORT)
                else:
                    queue.queue(one)
                delay(random)
            one.cancel() if broken else one.cancel_sync()
            function.forbidden = True
            delay(random)
            delay(random)

        return visit

    return make


def flushed(broken: bool, violations: Violations) -> Round:
    """Items that count the requests that came before they began; a flush must see that all of them are done."""
    queue = WorkQueue("flushed", 3)

    def visit(random: Random) -> None:
        done: deque[int] = deque([0])
        asked = 0

        def function(_: Work) -> None:
            seen = asked
            delay(random)
            done.append(seen)

        one = Work(function)
        for _ in range(random.randrange(1, 5)):
            asked += 1
            queue.queue(one)
            delay(random)
        if not broken:
            one.flush() if random.random() < 0.7 else queue.flush()
        violations.unless(done[-1] == asked, "a flush returned before the item had run")
        one.cancel_sync()

    return visit


def ordered(broken: bool, violations: Violations) -> Round:
    queue = WorkQueue("ordered", 2) if broken else WorkQueue("ordered", ordered=True)
    inside: deque[None] = deque()

    def function(_: Work) -> None:
        inside.append(None)
        violations.unless(len(inside) == 1, "an ordered queue runs two items at once")
        time.sleep(0)
        inside.pop()

    def visit(random: Random) -> None:
        items = [Work(function) for _ in range(random.randrange(1, 4))]
        for item in items:
            queue.queue(item)
        for item in items:
            item.flush()
            violations.unless(item.statistics().runs == 1, "an item has not run once")

    return visit


def drained(broken: bool, violations: Violations) -> Round:
    """Items that queue further ones; after drain() or destroy() nothing is left."""

    def visit(random: Random) -> None:
        queue = WorkQueue("drained", random.randrange(1, 4))
        left: deque[None] = deque([None] * random.randrange(1, 6))

        def function(work: Work) -> None:
            if left:
                delay(random)
                left.pop()
            if left:
                queue.queue(work)

        queue.queue(Work(function))
        if not broken:
            queue.drain() if random.random() < 0.5 else queue.destroy()
        violations.unless(not left, "a queue was left before its items had queued the last one")
        queue.destroy()

    return visit


class Deserted(KThread):
    """Broken on purpose: stop() does not wait."""

    def stop(self) -> Any:
        self._stop = True
        super().wake()


def kthread(broken: bool, violations: Violations) -> Round:
    def visit(random: Random) -> None:
        head, jobs, inside = WaitQueueHead("jobs"), deque[int](), deque[None]([None])

        def function(count: int) -> int:
            while not kthread_should_stop():
                head.wait_event(lambda: jobs or kthread_should_stop())
                while jobs:
                    jobs.popleft()
                    count += 1
                    delay(random)
            inside.pop()
            return count

        thread = Deserted(function, 0) if broken else kthread_run(function, 0)
        if broken:
            thread.start()
        for number in range(3):
            jobs.append(number)
            head.wake_up()
            delay(random)
        result = thread.stop()
        violations.unless(not inside, "a thread is in its function after it was stopped")
        violations.unless(broken or result is not None, "the result of a thread was lost")

    return visit


class Late(WaitQueueHead):
    """Broken on purpose: a thread enters the queue after it has looked at its condition."""

    def _sleep(self, sleeper: Any, condition: Callable[[], object], timeout: float, signals: bool) -> bool:
        while not condition():
            time.sleep(0)
            self._waiters[sleeper] = True
            if not sleeper.queue.wait(1, timeout, signals):
                return bool(condition())
        return True


def waitqueue(broken: bool, violations: Violations) -> Round:
    """A condition that becomes true once, and a single wake-up: a thread that sleeps on has lost it."""
    queue, limit = WorkQueue("wakers", 8), 0.2 if broken else HUNG

    def visit(random: Random) -> None:
        head, done = (Late if broken else WaitQueueHead)("once"), list[None]()

        def wake(_: Work) -> None:
            delay(random)
            done.append(None)
            head.wake_up()

        queue.queue(Work(wake))
        delay(random)
        waited = time.monotonic()
        violations.unless(head.wait_event_timeout(lambda: done, limit), "the condition did not come true")
        violations.unless(time.monotonic() - waited < limit, "a thread slept on although it was woken")

    return visit


class Forgetful(WaitQueueHead):
    """Broken on purpose: now and then a thread is taken out of the queue, and not woken."""

    calls = 0

    def _wake(self, sleeper: Any) -> bool:
        self.calls += 1
        return self._take_out(sleeper) if self.calls % 100 == 0 else super()._wake(sleeper)


def handed(broken: bool, violations: Violations) -> Round:
    """Items go from hand to hand, one for each thread that wants one: none may sleep for long."""
    head, items, queue = (Forgetful if broken else WaitQueueHead)("items"), deque[int](), WorkQueue("makers", 8)
    limit = 0.2 if broken else HUNG

    def take() -> bool:
        try:
            items.popleft()
        except IndexError:
            return False
        return True

    def visit(random: Random) -> None:
        def make(_: Work) -> None:
            delay(random)
            items.append(1)
            head.wake_up_all() if random.random() < 0.1 else head.wake_up()

        queue.queue(Work(make))
        delay(random)
        waited = time.monotonic()
        violations.unless(head._wait(take, limit, exclusive=random.random() < 0.7), "there was no item")
        violations.unless(time.monotonic() - waited < limit, "a thread slept although there was an item")

    return visit


class Doubtful(Kref):
    """Broken on purpose: it gives a reference back, and looks afterwards whether that was the last."""

    __slots__ = ()

    def put(self, release: Release) -> bool:
        self.refcount._count.dec()
        time.sleep(0)
        last = self.read() == 0
        if last:
            release(self)
        return last


def kref(broken: bool, violations: Violations) -> Round:
    """Several threads share an object. Each takes and gives references; the last one releases it."""
    shared: list[tuple[Kref, list[None]]] = []
    lock = threading.Lock()

    def obtain() -> tuple[Kref, list[None]]:
        """Return the object with a reference; a new one if the last holder of the old one has gone."""
        with lock:
            if not shared or not shared[0][0].get_unless_zero():
                shared[:] = [((Doubtful if broken else Kref)(), [])]
            return shared[0]

    def visit(random: Random) -> None:
        count, released = obtain()
        for _ in range(random.randrange(3)):
            count.get()
            delay(random)
            violations.unless(not released, "an object was released while it was held")
            count.put(lambda _: released.append(None))
        violations.unless(not released, "an object was released while it was held")
        count.put(lambda _: released.append(None))
        violations.unless(len(released) < 2, "an object was released twice")

    return visit


SUBJECTS: dict[str, MakeSubject] = {
    "timer": timer,
    "work": cancelled(Work),
    "delayed_work": cancelled(DelayedWork),
    "flush": flushed,
    "ordered_workqueue": ordered,
    "drain": drained,
    "kthread": kthread,
    "waitqueue": waitqueue,
    "handed": handed,
    "kref": kref,
    **handlers.SUBJECTS,
}


@dataclass(slots=True)
class Torture:
    """One subject under torture, until the deadline."""

    deadline: float
    violations: Violations = field(default_factory=Violations)
    done: Counter[str] = field(default_factory=Counter)

    def work(self, visit: Round, seed: int) -> None:
        random, count = Random(seed), 0
        try:
            while time.monotonic() < self.deadline and not self.violations:
                visit(random)
                count += 1
        except BaseException as error:
            self.violations.append(f"a thread ended with {error!r}")
        self.done["rounds"] += count  # not atomic without the GIL: a lost count is harmless


def one(name: str, options: argparse.Namespace) -> Torture:
    torture = Torture(time.monotonic() + options.seconds)
    threading.excepthook = lambda args: torture.violations.append(f"a function raised {args.exc_value!r}")
    visit = SUBJECTS[name](options.broken, torture.violations)
    threads = [
        threading.Thread(target=torture.work, args=(visit, options.seed * 1000 + number), daemon=True)
        for number in range(options.threads)
    ]
    for thread in threads:
        thread.start()
    if stuck := let_end(threads, torture.deadline + THREAD_LIMIT):
        torture.violations.append(f"{stuck} threads hang")
    threading.excepthook = threading.__excepthook__
    return torture


def chosen(options: argparse.Namespace) -> list[str]:
    """Return the names of the chosen subjects."""
    return choose(SUBJECTS, options.primitive)


def run(options: argparse.Namespace) -> list[str]:
    """Torture each chosen subject for --seconds, print what was done, and return what went wrong."""
    return run_each(options, chosen(options), one)
