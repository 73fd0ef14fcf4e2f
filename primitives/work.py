"""Work: a function that a work queue runs in a thread of its own (kernel: struct work_struct, struct delayed_work).

    scan = Work(scan_bus)                      scan_bus(work) is called with the work item
    schedule_work(scan)                        soon, once, however often this is called before it begins
    scan.flush()                               waits until it has run
    scan.cancel_sync()                         it does not run any more, nor does a call of it go on

An item runs in one thread at a time, also if it is queued again while it runs, or on another queue. To queue or cancel
it takes no lock and never waits: any context may do it. The function may sleep.

Whoever waits for an item under a lock that its function takes is reported before it happens: to the validator the item
is held while it runs, and waited for by `flush` and the `_sync` methods. On a queue that runs one item at a time, a
wait for one waits for those before it, too. DeadlockError if an item waits for itself.
"""

from __future__ import annotations

import _thread
import time
from collections import deque
from dataclasses import dataclass
from typing import Protocol

from lockdep import assertions
from lockdep.fastpath import DepMap
from primitives._deferred import Deferred, Function, nothing
from primitives._errand import Errand
from primitives._wheel import wheel


class Host(Protocol):
    """What a work item needs of its queue; see primitives.workqueue.WorkQueue."""

    dep_map: DepMap

    def post(self, job: Job) -> None:
        """Let a thread run this job."""

    def forget(self, job: Job) -> None:
        """Note that a job is over."""

    def ask_to_wait_for(self, job: Job) -> None:
        """Validate a wait for this job, as far as the queue is concerned."""

    def runners(self) -> tuple[int, ...]:
        """Return the serials of the threads that run items, if no thread is free to take another one."""


class Job(Errand):
    """One run of a work item on a queue. It is posted once: by its request, its delay, or by who is in a hurry."""

    def __init__(self, work: Work, queue: Host) -> None:
        super().__init__(queue.dep_map, work.dep_map)
        self.work = work
        self.queue = queue
        self._unposted = deque([None])  # who pops it posts the job

    def post(self) -> None:
        """Give it to its queue, unless that was done, or it was cancelled."""
        try:
            self._unposted.pop()
        except IndexError:
            return
        self.queue.post(self)

    def end(self) -> None:
        """Note that it is over, and wake who waits for it or for its queue."""
        super().end()  # first: who posts it meanwhile finds that it is over, or is found by the next line
        self.queue.forget(self)

    def runners(self) -> tuple[int, ...]:
        """Return the thread that runs it; all threads of the queue, if none of them is free to take it."""
        return super().runners() or (() if self._unposted else self.queue.runners())

    def run(self) -> None:
        """Run it in the calling thread, or leave it to the thread that runs the same work item now."""
        work = self.work
        work._due.append(self)
        while work._due and work._busy.acquire(False):
            try:
                if work._due:  # only who has `_busy` takes one out
                    work._run(work._due.popleft())
            finally:
                work._busy.release()


@dataclass(frozen=True, slots=True)
class WorkStatistics:
    """The state of a work item at one moment.

    runs       how often it was taken from a queue to run so far
    pending    whether it is going to run
    running    whether its function runs now
    """

    runs: int
    pending: bool
    running: bool


class Work(Deferred):
    """Calls function(work) in a thread of the queue that it is given to."""

    __slots__ = ("_busy", "_disabled", "_due")

    def __init__(self, function: Function = nothing, name: str | None = None) -> None:
        super().__init__(function, name)
        self._busy = _thread.allocate_lock()  # who has it runs the item
        self._due: deque[Job] = deque()  # runs that a thread of a queue has taken, and that have not begun
        self._disabled: list[None] = []  # one None for each disable(): append and pop are atomic

    def init(self, function: Function) -> None:
        """Give it another function (kernel: INIT_WORK). Not while it is queued."""
        self._function = function

    def busy(self) -> bool:
        """Return whether it is pending or runs (kernel: work_busy)."""
        return bool(self._unfinished)

    def flush(self) -> bool:
        """Wait until it has run, as often as it was queued before this call; return whether it had to run.

        It sleeps. DeadlockError if its own function calls this, or another item on its queue that runs one at a time.
        """
        jobs = self._jobs()
        self._ask_to_sleep("flush_work()")
        for job in jobs:
            job.queue.ask_to_wait_for(job)
        for job in jobs:
            job.wait()
        return bool(jobs)

    def cancel_sync(self) -> bool:
        """Keep it from running, and wait for its function if that runs; return whether it was pending.

        A function that queues its own item is stopped, too. It sleeps. DeadlockError if the function itself calls this.
        """
        self._ask_to_sleep("cancel_work_sync()")
        self._disabled.append(None)
        try:
            return self._cancel_and_wait()
        finally:
            self._disabled.pop()

    def disable(self) -> bool:
        """Cancel it, and let nobody queue it until enable(); return whether it was pending. Nests, and never waits."""
        self._disabled.append(None)
        return self.cancel()

    def disable_sync(self) -> bool:
        """Like disable, and wait for its function if that runs. It sleeps."""
        self._disabled.append(None)
        return self.cancel_sync()

    def enable(self) -> bool:
        """Undo one disable; return whether it can be queued now. RuntimeError if there was none."""
        try:
            self._disabled.pop()
        except IndexError:
            raise RuntimeError("unbalanced enable of a work item") from None
        return not self._disabled

    def statistics(self) -> WorkStatistics:
        """Return the statistics at this moment."""
        return WorkStatistics(self._runs, self.pending(), self._busy.locked())

    def promise(self, queue: Host) -> Job | None:
        """Return a new run of it on a queue, to be posted by the caller; None if one is pending, or it is disabled."""
        if self._disabled:
            return None
        job = Job(self, queue)
        if not self._promise(job):
            return None
        if self._disabled:  # meanwhile
            self.cancel()
        return job

    def _jobs(self) -> list[Job]:
        return [errand for errand in list(self._unfinished) if isinstance(errand, Job)]

    def _ask_to_sleep(self, caller: str) -> None:
        assertions.might_sleep()
        self._ask_to_wait(caller)

    def _forked(self) -> None:
        """Forget, in the child of a fork, what a thread ran that is not there."""
        self._busy = _thread.allocate_lock()
        self._due.clear()
        for job in self._jobs():
            if self._next.read() is not job:
                self._forget(job)


class DelayedWork(Work):
    """A work item that can be queued to run after a time (kernel: struct delayed_work).

    It counts as pending while the time runs, and flush() does not wait for the rest of it.
    """

    __slots__ = ()

    def flush(self) -> bool:
        """Like Work.flush, where an item whose time is not up is queued now (kernel: flush_delayed_work)."""
        for job in self._jobs():
            job.post()
        return super().flush()

    def start(self, job: Job, delay: float) -> None:
        """Post a run of it after `delay` seconds."""
        if delay <= 0:
            job.post()
        else:
            wheel.at(time.monotonic() + delay, job, job.post)
