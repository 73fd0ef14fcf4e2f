"""Every operation in every context: what is found first is what the kernel's rules say (see context_rules)."""

from __future__ import annotations

import os
import select
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from itertools import count
from typing import Any

import pytest

import lockdep
from lockdep.contexts import simulated
from lockdep.violations.finding import DeadlockError
from primitives import (
    SRCU,
    Atomic,
    Completion,
    DelayedWork,
    KThread,
    LocalLock,
    Mutex,
    PercpuRWSem,
    RawSpinLock,
    RWLock,
    RWSem,
    Semaphore,
    SeqCount,
    SeqLock,
    Softirq,
    SpinLock,
    Tasklet,
    Timer,
    WaitQueueHead,
    Work,
    WorkQueue,
    WWClass,
    WWMutex,
    call_rcu,
    disable_irq,
    disable_irq_nosync,
    enable_irq,
    free_irq,
    get_cpu,
    jiffies,
    kthread_run,
    kthread_stop,
    local_bh_disable,
    local_bh_enable,
    local_irq_disable,
    local_irq_enable,
    local_irq_restore,
    local_irq_save,
    open_softirq,
    preempt_disable,
    preempt_disabled,
    preempt_enable,
    put_cpu,
    raise_irq,
    raise_softirq,
    rcu_barrier,
    rcu_read_lock,
    rcu_read_lock_bh,
    rcu_read_lock_sched,
    rcu_read_side,
    rcu_read_side_bh,
    rcu_read_side_sched,
    rcu_read_unlock,
    rcu_read_unlock_bh,
    rcu_read_unlock_sched,
    request_irq,
    schedule_delayed_work,
    synchronize_irq,
    synchronize_rcu,
    synchronize_rcu_expedited,
)
from tests.primitives.context_rules import CONTEXTS, OPERATIONS, verdict
from tests.primitives.contract import until
from tests.worlds import patched_world, world

Do = Callable[[], object]
irq_numbers = count(1000)
domain = SRCU("of the context")
queue = WorkQueue("of the context")


@pytest.fixture(autouse=True)
def validator() -> Iterator[None]:
    """Follow the program's own sleeps and signals. Each cell has a validator of its own."""
    with patched_world():
        yield


# -- the operations: each makes what it works on, and returns what to do with it


def pair(begin: Callable[[], Any], end: Do) -> Do:
    """Begin, and end if something has begun. An attempt that fails says so by False."""

    def do() -> None:
        if begin() is not False:
            end()

    return do


def by_flags(begin: Callable[[], Any], end: Callable[[Any], object]) -> Do:
    return lambda: end(begin())


def section(kind: Callable[[str], Any], take: str, give: str) -> Do:
    """Take a new lock by one of its methods, and give it back by another one."""
    lock = kind("lock")
    return pair(getattr(lock, take), getattr(lock, give))


def ww_mutex() -> Do:
    lock = WWMutex(WWClass("lock"))
    return pair(lambda: lock.lock() and False, lock.unlock)


def flagged(kind: Callable[[str], Any], take: str, give: str) -> Do:
    """As `section`, where what the first method returns is needed by the other one."""
    lock = kind("lock")
    return by_flags(getattr(lock, take), getattr(lock, give))


def semaphore(take: str) -> Do:
    lock = Semaphore(1, "lock")
    return pair(getattr(lock, take), lock.up)


def completion(wait: str) -> Do:
    done = Completion("done")
    done.complete_all()  # the rule does not ask how long it waits
    return getattr(done, wait)  # type: ignore[no-any-return]


def python_lock(kind: str) -> Do:
    return with_(getattr(threading, kind)())


def with_(section: AbstractContextManager[Any]) -> Do:
    def do() -> None:
        with section:
            pass

    return do


def interrupt(action: Callable[[int], object], undo: Callable[[int], object] = lambda _: None) -> Do:
    number = next(irq_numbers)
    request_irq(number, lambda _: None)
    return lambda: (action(number), undo(number))


def freed() -> Do:
    def do() -> None:
        request_irq(number, lambda _: None)
        free_irq(number)

    number = next(irq_numbers)
    return do


def timer(action: Callable[[Timer], object]) -> Do:
    one = Timer(lambda _: None, "timer")
    return lambda: action(one)


def work(action: Callable[[DelayedWork], object]) -> Do:
    one = DelayedWork(lambda _: None, "work")
    return lambda: action(one)


def ended() -> KThread:
    thread = kthread_run(int, 0)
    thread.thread.join()
    return thread


DO: dict[str, Callable[[], Do]] = {
    "mutex_lock": lambda: section(Mutex, "lock", "unlock"),
    "mutex_lock_interruptible": lambda: section(Mutex, "lock_interruptible", "unlock"),
    "mutex_trylock": lambda: section(Mutex, "trylock", "unlock"),
    "ww_mutex_lock": ww_mutex,
    "down_read": lambda: section(RWSem, "down_read", "up_read"),
    "down_read_trylock": lambda: section(RWSem, "down_read_trylock", "up_read"),
    "down_write": lambda: section(RWSem, "down_write", "up_write"),
    "down_write_trylock": lambda: section(RWSem, "down_write_trylock", "up_write"),
    "percpu_down_read": lambda: section(PercpuRWSem, "down_read", "up_read"),
    "percpu_down_read_trylock": lambda: section(PercpuRWSem, "down_read_trylock", "up_read"),
    "percpu_down_write": lambda: section(PercpuRWSem, "down_write", "up_write"),
    "down": lambda: semaphore("down"),
    "down_trylock": lambda: semaphore("down_trylock"),
    "up": lambda: Semaphore(0, "event").up,
    "wait_for_completion": lambda: completion("wait_for_completion"),
    "try_wait_for_completion": lambda: completion("try_wait_for_completion"),
    "complete": lambda: Completion("done").complete,
    "spin_lock": lambda: section(SpinLock, "lock", "unlock"),
    "spin_trylock": lambda: section(SpinLock, "trylock", "unlock"),
    "spin_lock_irqsave": lambda: flagged(SpinLock, "lock_irqsave", "unlock_irqrestore"),
    "spin_lock_irq": lambda: section(SpinLock, "lock_irq", "unlock_irq"),
    "spin_lock_bh": lambda: section(SpinLock, "lock_bh", "unlock_bh"),
    "raw_spin_lock": lambda: section(RawSpinLock, "lock", "unlock"),
    "read_lock": lambda: section(RWLock, "read_lock", "read_unlock"),
    "write_lock": lambda: section(RWLock, "write_lock", "write_unlock"),
    "write_trylock": lambda: section(RWLock, "write_trylock", "write_unlock"),
    "local_lock": lambda: section(LocalLock, "local_lock", "local_unlock"),
    "read_seqbegin": lambda: flagged(SeqLock, "read_begin", "read_retry"),
    "write_seqlock": lambda: section(SeqLock, "write_seqlock", "write_sequnlock"),
    "write_seqcount_begin": lambda: section(SeqCount, "write_begin", "write_end"),
    "rcu_read_lock": lambda: pair(rcu_read_lock, rcu_read_unlock),
    "rcu_read_lock_bh": lambda: pair(rcu_read_lock_bh, rcu_read_unlock_bh),
    "rcu_read_lock_sched": lambda: pair(rcu_read_lock_sched, rcu_read_unlock_sched),
    "srcu_read_lock": lambda: flagged(SRCU, "read_lock", "read_unlock"),
    "synchronize_rcu": lambda: synchronize_rcu,
    "synchronize_rcu_expedited": lambda: synchronize_rcu_expedited,
    "rcu_barrier": lambda: rcu_barrier,
    "call_rcu": lambda: lambda: call_rcu(int),
    "synchronize_srcu": lambda: domain.synchronize,
    "threading.Lock": lambda: python_lock("Lock"),
    "threading.RLock": lambda: python_lock("RLock"),
    "time.sleep": lambda: lambda: time.sleep(1e-9),
    "open": lambda: lambda: open(os.devnull).close(),
    "select.select": lambda: lambda: select.select([], [], [], 1e-9),
    "tasklet_disable": lambda: Tasklet(lambda: None).disable_sync,
    "tasklet_disable_nosync": lambda: Tasklet(lambda: None).disable,
    "tasklet_kill": lambda: Tasklet(lambda: None).kill,
    "free_irq": freed,
    "synchronize_irq": lambda: interrupt(synchronize_irq),
    "disable_irq": lambda: interrupt(disable_irq, enable_irq),
    "disable_irq_nosync": lambda: interrupt(disable_irq_nosync, enable_irq),
    "mod_timer": lambda: timer(lambda one: (one.mod(jiffies() + 3600), one.delete())),
    "timer_delete": lambda: timer(Timer.delete),
    "timer_delete_sync": lambda: timer(Timer.delete_sync),
    "queue_work": lambda: work(queue.queue),
    "schedule_delayed_work": lambda: work(lambda one: (schedule_delayed_work(one, 3600), one.cancel())),
    "cancel_work": lambda: work(DelayedWork.cancel),
    "flush_work": lambda: work(DelayedWork.flush),
    "cancel_work_sync": lambda: work(DelayedWork.cancel_sync),
    "cancel_delayed_work_sync": lambda: work(DelayedWork.cancel_sync),
    "flush_workqueue": lambda: WorkQueue("other queue").flush,
    "drain_workqueue": lambda: WorkQueue("other queue").drain,
    "destroy_workqueue": lambda: WorkQueue("other queue").destroy,
    "kthread_run": lambda: lambda: kthread_run(int, 0),
    "kthread_stop": lambda: ended().stop,
    "kthread_park": lambda: ended().park,
    "kthread_unpark": lambda: ended().unpark,
    "wait_event": lambda: lambda: WaitQueueHead("wait queue").wait_event(lambda: True),
    "wait_event_timeout": lambda: lambda: WaitQueueHead("wait queue").wait_event_timeout(lambda: True, 1),
    "wake_up": lambda: WaitQueueHead("wait queue").wake_up,
    "wake_up_all": lambda: WaitQueueHead("wait queue").wake_up_all,
    "might_sleep": lambda: lockdep.might_sleep,
    "preempt_disable": lambda: pair(preempt_disable, preempt_enable),
    "local_irq_save": lambda: by_flags(local_irq_save, local_irq_restore),
    "local_irq_disable": lambda: pair(local_irq_disable, local_irq_enable),
    "local_bh_disable": lambda: pair(local_bh_disable, local_bh_enable),
    "atomic_inc": lambda: Atomic().inc,
}

# -- the contexts: each does something inside


def inside(section: AbstractContextManager[Any]) -> Callable[[Do], None]:
    def run(do: Do) -> None:
        with section:
            do()

    return run


def between(begin: Do, end: Do) -> Callable[[Do], None]:
    def run(do: Do) -> None:
        begin()
        do()
        end()

    return run


def hardirq(*, threaded: bool) -> Callable[[Do], None]:
    def run(do: Do) -> None:
        number = next(irq_numbers)
        request_irq(number, lambda _: do(), threaded=threaded)
        raise_irq(number)
        free_irq(number)

    return run


def softirq(do: Do) -> None:
    open_softirq(Softirq.NET_RX, do)
    local_bh_disable()
    raise_softirq(Softirq.NET_RX)
    local_bh_enable()


def tasklet(do: Do) -> None:
    local_bh_disable()
    Tasklet(do).schedule()
    local_bh_enable()


def signal_handler(do: Do) -> None:
    handlers.append(do)
    signal.raise_signal(signal.SIGUSR1)
    assert not handlers


handlers: list[Do] = []


def in_timer(do: Do) -> None:
    one = Timer(lambda _: do(), "timer of the context")
    one.mod(jiffies())
    until(lambda: one.statistics().runs == 1 and not one.statistics().running)
    one.delete_sync()


def in_work(do: Do) -> None:
    one = Work(lambda _: do(), "work of the context")
    queue.queue(one)
    one.flush()


def in_kthread(do: Do) -> None:
    kthread_stop(kthread_run(lambda _: do()))


RUN: dict[str, Callable[[], Callable[[Do], None]]] = {
    "task": lambda: lambda do: do(),  # type: ignore[func-returns-value]
    "preemption off": lambda: inside(preempt_disabled()),
    "get_cpu": lambda: between(get_cpu, put_cpu),
    "irqs off": lambda: between(local_irq_disable, local_irq_enable),
    "bh off": lambda: between(local_bh_disable, local_bh_enable),
    "hardirq": lambda: hardirq(threaded=False),
    "threaded hardirq": lambda: hardirq(threaded=True),
    "softirq": lambda: softirq,
    "tasklet": lambda: tasklet,
    "timer": lambda: in_timer,
    "work": lambda: in_work,
    "kthread": lambda: in_kthread,
    "spin_lock": lambda: inside(SpinLock("of the context")),
    "spin_lock_irqsave": lambda: inside(SpinLock("of the context").irqsave()),
    "spin_lock_bh": lambda: inside(SpinLock("of the context").bh()),
    "raw_spin_lock": lambda: inside(RawSpinLock("of the context")),
    "read_lock": lambda: inside(RWLock("of the context").read()),
    "write_lock": lambda: inside(RWLock("of the context").write()),
    "write_seqlock": lambda: inside(SeqLock("of the context")),
    "local_lock": lambda: inside(LocalLock("of the context")),
    "rcu_read_lock": lambda: inside(rcu_read_side()),
    "rcu_read_lock_bh": lambda: inside(rcu_read_side_bh()),
    "rcu_read_lock_sched": lambda: inside(rcu_read_side_sched()),
    "srcu_read_lock": lambda: inside(domain.reading()),
    "mutex": lambda: inside(Mutex("of the context")),
    "down_read": lambda: inside(RWSem("of the context").read()),
    "down_write": lambda: inside(RWSem("of the context").write()),
    "signal handler": lambda: signal_handler,
}


@pytest.fixture
def handler() -> Iterator[None]:
    before = signal.signal(signal.SIGUSR1, lambda _number, _frame: handlers.pop()())
    yield
    signal.signal(signal.SIGUSR1, before)


def answer(operation: str, context: str, used_before: bool) -> str:
    """Return what is found first, in a world of its own."""
    with world(strict=True) as validator, ExitStack() as cleanup:
        cleanup.callback(simulated.forget)
        do, run = DO[operation](), RUN[context]()
        if used_before:
            do()
        done = list[bool]()
        run(lambda: done.append(attempt(do)))
        assert done, f"{context} has run nothing"
        found = [finding.slug for finding in validator.findings()]
        assert validator.failures == 0, validator.book.failure
    return found[0] if found else "clean"


def attempt(do: Do) -> bool:
    """Do it; return False if it was refused, which must not happen where nothing is wrong."""
    try:
        do()
    except (DeadlockError, RuntimeError):
        return False
    return True


@pytest.mark.usefixtures("handler")
@pytest.mark.parametrize("context", CONTEXTS)
def test_what_is_found_is_what_the_rules_say(context: str) -> None:
    wrong = []
    for name, operation in OPERATIONS.items():
        for used_before in (False, True):
            expected = verdict(operation, CONTEXTS[context], used_before)
            got = answer(name, context, used_before)
            if got != expected:
                wrong.append(f"{name}{' again' if used_before else ''}: {got}, by the rules {expected}")

    assert not wrong, "\n".join(wrong)


def test_the_tables_have_the_same_rows() -> None:
    assert list(DO) == list(OPERATIONS)
    assert list(RUN) == list(CONTEXTS)
