"""The part of the table that is about what runs later, and the threads that wait for it: see table.py."""

from __future__ import annotations

DEFERRED = {
    "Timers: Timer, in seconds of the monotonic clock": """
    timer_list = Timer
    primitives.timer: jiffies
    DEFINE_TIMER(function: Callable[[Timer], object]) -> Timer: Timer(function)
    timer_setup(timer: Timer, callback: Callable[[Timer], object], flags: int = 0) -> None: timer.setup(callback)
    mod_timer(timer: Timer, expires: float) -> bool: timer.mod(expires)
    add_timer(timer: Timer, expires: float) -> None: timer.add(expires)
    timer_pending(timer: Timer) -> bool: timer.pending()
    timer_delete(timer: Timer) -> bool: timer.delete()
    timer_delete_sync(timer: Timer) -> bool: timer.delete_sync()
    timer_shutdown(timer: Timer) -> bool: timer.shutdown()
    timer_shutdown_sync(timer: Timer) -> bool: timer.shutdown_sync()
    del_timer(timer: Timer) -> bool: timer.delete()
    del_timer_sync(timer: Timer) -> bool: timer.delete_sync()
    """,
    "Work items and work queues: Work, DelayedWork, WorkQueue": """
    work_struct = Work
    delayed_work = DelayedWork
    workqueue_struct = WorkQueue
    primitives.workqueue: WQ_MEM_RECLAIM system_wq schedule_work schedule_delayed_work flush_scheduled_work
    DECLARE_WORK(func: Callable[[Work], object]) -> Work: Work(func)
    INIT_WORK(work: Work, func: Callable[[Work], object]) -> None: work.init(func)
    DECLARE_DELAYED_WORK(func: Callable[[DelayedWork], object]) -> DelayedWork: DelayedWork(func)
    INIT_DELAYED_WORK(dwork: DelayedWork, func: Callable[[DelayedWork], object]) -> None: dwork.init(func)
    work_pending(work: Work) -> bool: work.pending()
    delayed_work_pending(dwork: DelayedWork) -> bool: dwork.pending()
    work_busy(work: Work) -> bool: work.busy()
    alloc_workqueue(fmt: str, flags: int = 0, active: int = 0) -> WorkQueue: WorkQueue(fmt, active, flags=flags)
    alloc_ordered_workqueue(fmt: str, flags: int = 0) -> WorkQueue: WorkQueue(fmt, ordered=True, flags=flags)
    create_singlethread_workqueue(name: str) -> WorkQueue: WorkQueue(name, ordered=True, flags=WQ_LEGACY)
    create_workqueue(name: str) -> WorkQueue: WorkQueue(name, flags=WQ_LEGACY)
    queue_work(wq: WorkQueue, work: Work) -> bool: wq.queue(work)
    queue_work_on(cpu: int, wq: WorkQueue, work: Work) -> bool: wq.queue(work)
    queue_delayed_work(wq: WorkQueue, dwork: DelayedWork, delay: float) -> bool: wq.queue_delayed(dwork, delay)
    mod_delayed_work(wq: WorkQueue, dwork: DelayedWork, delay: float) -> bool: wq.mod_delayed(dwork, delay)
    flush_work(work: Work) -> bool: work.flush()
    flush_delayed_work(dwork: DelayedWork) -> bool: dwork.flush()
    cancel_work(work: Work) -> bool: work.cancel()
    cancel_work_sync(work: Work) -> bool: work.cancel_sync()
    cancel_delayed_work(dwork: DelayedWork) -> bool: dwork.cancel()
    cancel_delayed_work_sync(dwork: DelayedWork) -> bool: dwork.cancel_sync()
    disable_work(work: Work) -> bool: work.disable()
    disable_work_sync(work: Work) -> bool: work.disable_sync()
    enable_work(work: Work) -> bool: work.enable()
    flush_workqueue(wq: WorkQueue) -> None: wq.flush()
    drain_workqueue(wq: WorkQueue) -> None: wq.drain()
    destroy_workqueue(wq: WorkQueue) -> None: wq.destroy()
    """,
    "Threads of the kernel: KThread": """
    primitives.kthread: kthread_run kthread_should_stop kthread_stop wake_up_process
    primitives.kthread: kthread_park kthread_unpark kthread_should_park kthread_parkme
    kthread_create(threadfn: Callable[[Any], Any], data: Any, name: str) -> KThread: KThread(threadfn, data, name)
    """,
    "Wait queues: WaitQueueHead": """
    wait_queue_head_t = WaitQueueHead
    DECLARE_WAIT_QUEUE_HEAD(name: str | None = None) -> WaitQueueHead: WaitQueueHead(name)
    init_waitqueue_head(q: WaitQueueHead) -> None: WaitQueueHead.__init__(q)
    wait_event(q: WaitQueueHead, cond: Condition) -> None: q.wait_event(cond)
    wait_event_timeout(q: WaitQueueHead, cond: Condition, s: float) -> bool: q.wait_event_timeout(cond, s)
    wait_event_interruptible(q: WaitQueueHead, cond: Condition) -> int: status(q.wait_event_interruptible, cond)
    wait_event_killable(q: WaitQueueHead, cond: Condition) -> int: status(q.wait_event_killable, cond)
    wait_event_interruptible_timeout(q: WaitQueueHead, cond: Condition, s: float) -> int: \
        outcome(q.wait_event_interruptible_timeout, cond, s)
    wait_event_interruptible_exclusive(q: WaitQueueHead, cond: Condition) -> int: \
        status(q.wait_event_interruptible_exclusive, cond)
    wait_event_idle(q: WaitQueueHead, cond: Condition) -> None: q.wait_event(cond)
    wait_event_idle_timeout(q: WaitQueueHead, cond: Condition, s: float) -> bool: q.wait_event_timeout(cond, s)
    wait_event_idle_exclusive(q: WaitQueueHead, cond: Condition) -> None: q.wait_event_exclusive(cond)
    wait_event_lock_irq(q: WaitQueueHead, cond: Condition, lock: SpinLock) -> None: q.wait_event_lock_irq(cond, lock)
    wake_up(q: WaitQueueHead) -> None: q.wake_up()
    wake_up_nr(q: WaitQueueHead, nr: int) -> None: q.wake_up(nr)
    wake_up_all(q: WaitQueueHead) -> None: q.wake_up_all()
    wake_up_interruptible(q: WaitQueueHead) -> None: q.wake_up()
    wake_up_interruptible_sync(q: WaitQueueHead) -> None: q.wake_up()
    wake_up_interruptible_nr(q: WaitQueueHead, nr: int) -> None: q.wake_up(nr)
    wake_up_interruptible_all(q: WaitQueueHead) -> None: q.wake_up_all()
    waitqueue_active(q: WaitQueueHead) -> bool: q.active()
    """,
}  # fmt: skip
