"""WorkQueue: threads that run work items (kernel: kernel/workqueue.c).

    queue = WorkQueue("scans")                 or WorkQueue("log", ordered=True): one at a time, in order
    queue.queue(work)                          runs the item in a thread of the queue
    queue.queue_delayed(delayed, 0.5)          the same, after half a second
    queue.flush()                              waits for all that was queued before
    queue.destroy()                            waits for all, and ends the queue

Up to `max_active` items run at once. A thread is started whenever an item finds none idle, so items that wait for each
other go on; a thread that has been idle for some seconds ends. `schedule_work` uses a queue that all share.

To the validator a queue is held by each item that it runs, and waited for by `flush`, `drain` and `destroy`: to call
one of these under a lock that an item of the queue takes is reported before it happens. DeadlockError if an item of the
queue calls one. Memory reclaim waits for items of a queue with the flag WQ_MEM_RECLAIM, so they must get on
without memory: if one of them flushes a queue without this flag, or an item of such a queue, that is a finding.

Cost: some 10 us to queue an item, 35 us to queue it and wait for an idle thread to run it, 100 us more where a thread
has to be started.
"""

from __future__ import annotations

import weakref
from collections import deque
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from lockdep import assertions
from lockdep.fastpath import DepMap
from lockdep.forks import at_fork
from lockdep.wait_types import INV, Traits
from primitives._daemons import start
from primitives._grace import WakeQueue
from primitives._report import hopeless, initialised, misused
from primitives.work import DelayedWork, Job, Work

__all__ = [
    "WQ_LEGACY", "WQ_MEM_RECLAIM", "WorkQueue", "WorkQueueStatistics", "flush_scheduled_work", "schedule_delayed_work",
    "schedule_work", "system_wq",
]  # fmt: skip

WQ_MEM_RECLAIM = 1 << 3  # memory reclaim waits for its items
WQ_LEGACY = 1 << 18 | WQ_MEM_RECLAIM  # and nobody knows what its items wait for (kernel: __WQ_LEGACY)
MOST = 256  # items of a queue that run at once, unless it is told otherwise (kernel: WQ_DFL_ACTIVE)
LINGER = 5.0  # seconds that an idle thread stays
_queues: weakref.WeakSet[WorkQueue] = weakref.WeakSet()
_reclaiming: weakref.WeakSet[WorkQueue] = weakref.WeakSet()  # those whose items may not wait for the others


@dataclass(frozen=True, slots=True)
class WorkQueueStatistics:
    """The state of a queue at one moment.

    waiting    items that no thread has taken yet
    active     threads that run items, or are about to look for some
    idle       threads that have nothing to do
    """

    waiting: int
    active: int
    idle: int


class WorkQueue:
    """`max_active` is how many items may run at once, 0 for 256; an `ordered` queue runs one.

    Of the kernel's `flags` WQ_MEM_RECLAIM counts, and WQ_LEGACY: that the items may flush all queues nevertheless.

    Invariants: a thread has one of `max_active` slots from before its start to its end. One that goes idle enters its
    mailbox into `_idle` and looks for items once more; who takes a mailbox out wakes the thread. So an item is never
    left waiting while a slot is free or a thread idle.
    """

    traits: Traits = Traits(inner=INV, by_instance=True)

    def __init__(
        self,
        name: str | None = None,
        max_active: int = 0,
        *,
        ordered: bool = False,
        flags: int = 0,
    ) -> None:
        if max_active < 0:
            raise ValueError("a queue cannot run fewer than no items")
        initialised(self)
        self.dep_map: DepMap = DepMap(name, type(self))
        self.name: str = self.dep_map.entry.lock_class.name if name is None else name
        self.max_active: int = 1 if ordered else max_active or MOST
        self.reclaims: bool = bool(flags & WQ_MEM_RECLAIM)
        self._waiting: deque[Job] = deque()
        self._unfinished: dict[Job, None] = {}
        self._closed: list[None] = []  # one None for each drain() that goes on, and one for good after destroy()
        self.reset()
        _queues.add(self)
        if flags & WQ_LEGACY == WQ_MEM_RECLAIM:
            _reclaiming.add(self)

    def reset(self) -> None:
        """Begin without threads, as in the child of a fork."""
        self._slots = deque([None] * self.max_active)
        self._idle: dict[WakeQueue, bool] = {}

    # What a program does with it

    def queue(self, work: Work) -> bool:
        """Run an item soon; return False if it is pending already, or disabled (kernel: queue_work). Never waits.

        While the queue drains, only its own items may queue more; everybody else's are refused, which is a finding.
        """
        job = self._promise(work)
        if job is not None:
            job.post()
        return job is not None

    def queue_delayed(self, work: DelayedWork, delay: float) -> bool:
        """Run an item after `delay` seconds; return False if it is pending already (kernel: queue_delayed_work)."""
        job = self._promise(work)
        if job is not None:
            work.start(job, delay)
        return job is not None

    def mod_delayed(self, work: DelayedWork, delay: float) -> bool:
        """Run an item `delay` seconds from now, whatever was asked before (kernel: mod_delayed_work).

        Return whether it was pending.
        """
        was_pending = work.cancel()
        self.queue_delayed(work, delay)
        return was_pending

    def flush(self) -> None:
        """Wait until all items are done that were queued before. It sleeps. DeadlockError in an item of this queue."""
        self._ask_to_wait("flush_workqueue()")
        self._wait()

    def drain(self) -> None:
        """Wait until the queue is empty, also of what its items queue. It sleeps. DeadlockError in an item of it."""
        self._ask_to_wait("drain_workqueue()")
        self._closed.append(None)
        try:
            while self._unfinished:
                self._wait()
        finally:
            self._closed.pop()

    def destroy(self) -> None:
        """Drain the queue, and let it take no more items. It sleeps. DeadlockError in an item of it."""
        self._ask_to_wait("destroy_workqueue()")
        self._closed.append(None)
        while self._unfinished:
            self._wait()
        while self._idle:
            self._wake_one()

    def statistics(self) -> WorkQueueStatistics:
        """Return the statistics at this moment."""
        threads, idle = self.max_active - len(self._slots), len(self._idle)
        return WorkQueueStatistics(len(self._waiting), max(0, threads - idle), idle)

    # What its items do with it

    def post(self, job: Job) -> None:
        """Let a thread run this job."""
        self._unfinished[job] = None
        if job.ended:  # cancelled meanwhile
            self.forget(job)
            return
        self._waiting.append(job)
        self._hurry()

    def forget(self, job: Job) -> None:
        """Note that a job is over."""
        self._unfinished.pop(job, None)

    def runners(self) -> tuple[int, ...]:
        """Return the serials of the threads that run items, if no thread is free to take another one."""
        if self._slots or self._idle:
            return ()
        return tuple(runner for job in list(self._unfinished) if (runner := job.runner))

    def ask_to_wait_for(self, job: Job) -> None:
        """Validate a wait for a job, besides that for its item: where one item runs at a time, for those before it.

        DeadlockError if the calling thread runs one of them.
        """
        self._check_flusher()
        if self.max_active == 1 and job in self._unfinished:
            if self._runs_here():
                text = "flush_work() called by an item of the same queue, which runs one at a time"
                hopeless(text, "the item waits for itself", self.dep_map.entry.lock_class)
            self.dep_map.sync()

    def _promise(self, work: Work) -> Job | None:
        if self._closed and not self._runs_here():
            misused(
                "work queued on a queue that is drained or destroyed", "only items of the queue may queue more then",
                self.dep_map.entry.lock_class,
            )  # fmt: skip
            return None
        return work.promise(self)

    def _runs_here(self) -> bool:
        return any(job.is_mine() for job in list(self._unfinished))

    def _ask_to_wait(self, caller: str) -> None:
        assertions.might_sleep()
        if self._runs_here():
            text = f"{caller} called by an item of the queue"
            hopeless(text, "the item waits for itself", self.dep_map.entry.lock_class)
        self._check_flusher()
        self.dep_map.sync()

    def _check_flusher(self) -> None:
        """Report an item that must get on without memory and waits for this queue (kernel: check_flush_dependency).

        Cost: nothing where there are no such queues, else that of a look at all of their items.
        """
        if self.reclaims:
            return
        for queue in list(_reclaiming):
            if queue._runs_here():
                misused(
                    f"workqueue: WQ_MEM_RECLAIM {queue.name} is flushing !WQ_MEM_RECLAIM {self.name}",
                    "this queue may need memory to get on: it must have WQ_MEM_RECLAIM, too",
                    self.dep_map.entry.lock_class,
                )

    def _wait(self) -> None:
        for job in list(self._unfinished):
            job.wait()

    # Its threads

    def _hurry(self) -> None:
        """See to it that a thread looks for items: an idle one, or a new one if a slot is free."""
        if self._wake_one():
            return
        try:
            slot = self._slots.pop()
        except IndexError:
            return  # all are busy, and look for more before they go idle
        if not start(self._serve, f"{self.name} worker"):
            self._slots.append(slot)

    def _wake_one(self) -> bool:
        try:
            mailbox, _ = self._idle.popitem()
        except KeyError:
            return False
        mailbox.put(None)
        return True

    def _serve(self) -> None:
        mailbox: WakeQueue = SimpleQueue()
        while True:
            self._run_waiting()
            if self._closed and not self._waiting:
                break
            self._idle[mailbox] = True
            if self._waiting and self._idle.pop(mailbox, False):
                continue  # an item has come meanwhile
            try:
                mailbox.get(timeout=LINGER)
            except Empty:
                if self._idle.pop(mailbox, False):
                    break
                mailbox.get()  # somebody has taken it out to wake this thread
        self._slots.append(None)
        if self._waiting:
            self._hurry()

    def _run_waiting(self) -> None:
        while self._waiting:
            try:
                job = self._waiting.popleft()
            except IndexError:  # another thread was faster
                return
            job.run()

    def _forked(self) -> None:
        self.reset()
        for job in list(self._unfinished):
            job.work._forked()
        for _ in range(len(self._waiting)):
            self._hurry()


system_wq: WorkQueue = WorkQueue("events")


def schedule_work(work: Work) -> bool:
    """Run an item soon on the queue that all share; return False if it is pending already (kernel: schedule_work)."""
    return system_wq.queue(work)


def schedule_delayed_work(work: DelayedWork, delay: float) -> bool:
    """Run an item after `delay` seconds on the queue that all share (kernel: schedule_delayed_work)."""
    return system_wq.queue_delayed(work, delay)


def flush_scheduled_work() -> None:
    """Wait for all items on the queue that all share, also those of others: to be avoided, as in the kernel."""
    system_wq.flush()


def _in_child() -> None:
    for queue in list(_queues):
        queue._forked()


at_fork(after_in_child=_in_child)
