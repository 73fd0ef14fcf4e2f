"""Softirqs and tasklets: when they run, in which context, and that none runs inside another."""

import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from lockdep import runtime
from lockdep.contexts import simulated
from primitives import Softirq, SpinLock, Tasklet
from primitives._delivery import RESTARTS
from primitives.irq import (
    cpu_relax,
    free_irq,
    irqs_disabled,
    local_irq_disable,
    local_irq_enable,
    raise_irq,
    request_irq,
)
from primitives.preempt import in_hardirq, in_softirq
from primitives.softirq import (
    local_bh_disable,
    local_bh_enable,
    open_softirq,
    raise_softirq,
    softirq_statistics,
)
from tests.primitives.contract import Cast, until
from tests.worlds import found

IRQ = 200


@pytest.fixture
def log() -> Iterator[list[Any]]:
    """Yield a list to which softirq NET_RX, raised by interrupt IRQ, appends the context in which it runs."""
    log = list[Any]()
    open_softirq(Softirq.NET_RX, lambda: log.append(("soft", in_softirq(), in_hardirq(), irqs_disabled())))

    def handler(_: int) -> None:
        log.append("irq")
        raise_softirq(Softirq.NET_RX)

    request_irq(IRQ, handler)
    yield log
    free_irq(IRQ)
    simulated.forget()


SOFT = ("soft", True, False, False)


def test_a_softirq_runs_after_the_interrupt_with_interrupts_enabled(log: list[Any]) -> None:
    raise_irq(IRQ)

    assert log == ["irq", SOFT]
    assert not in_softirq()


def test_a_softirq_waits_while_bottom_halves_are_disabled(log: list[Any]) -> None:
    local_bh_disable()
    local_bh_disable()
    raise_irq(IRQ)
    local_bh_enable()
    assert log == ["irq"]

    local_bh_enable()

    assert log == ["irq", SOFT]


def test_a_softirq_waits_while_interrupts_are_disabled(log: list[Any]) -> None:
    local_irq_disable()
    raise_irq(IRQ)
    local_bh_disable()
    local_bh_enable()
    assert log == []

    local_irq_enable()

    assert log == ["irq", SOFT]


def test_a_softirq_raised_in_task_context_runs_at_the_next_point(log: list[Any]) -> None:
    raise_softirq(Softirq.NET_RX)
    assert log == []
    assert softirq_statistics(Softirq.NET_RX).pending

    with SpinLock("s"):
        assert log == [SOFT]

    assert softirq_statistics(Softirq.NET_RX).runs == 1
    assert not softirq_statistics(Softirq.NET_RX).pending


def test_a_softirq_runs_on_the_cpu_that_raised_it(log: list[Any], actor: Cast) -> None:
    other = actor()
    other.do(raise_softirq, Softirq.NET_RX)
    cpu_relax()
    assert log == []

    other.do(cpu_relax)

    assert log == [SOFT]


def test_the_most_urgent_softirq_runs_first(log: list[Any]) -> None:
    open_softirq(Softirq.TIMER, lambda: log.append("timer"))
    raise_softirq(Softirq.NET_RX)
    raise_softirq(Softirq.TIMER)

    cpu_relax()

    assert log == ["timer", SOFT]


def test_an_interrupt_may_interrupt_a_softirq_but_no_softirq_may(log: list[Any]) -> None:
    def action() -> None:
        log.append("begins")
        raise_irq(IRQ)
        log.append("ends")

    open_softirq(Softirq.BLOCK, action)
    raise_softirq(Softirq.BLOCK)

    cpu_relax()

    assert log == ["begins", "irq", "ends", SOFT]


def test_a_softirq_that_raises_itself_does_not_keep_the_cpu(log: list[Any]) -> None:
    def again() -> None:
        log.append("again")
        raise_softirq(Softirq.BLOCK)

    open_softirq(Softirq.BLOCK, again)
    raise_softirq(Softirq.BLOCK)

    cpu_relax()
    assert log == ["again"] * RESTARTS
    open_softirq(Softirq.BLOCK, lambda: log.append("last"))
    cpu_relax()

    assert log == ["again"] * RESTARTS + ["last"]


def test_an_exception_of_a_softirq_is_reported_and_the_others_run(
    log: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    reported = list[Any]()
    monkeypatch.setattr(sys, "excepthook", lambda kind, *_: reported.append(kind))
    open_softirq(Softirq.TIMER, lambda: 1 / 0)
    raise_softirq(Softirq.TIMER)
    raise_softirq(Softirq.NET_RX)

    cpu_relax()

    assert reported == [ZeroDivisionError]
    assert log == [SOFT]
    assert not in_softirq()


def test_raising_a_softirq_without_an_action_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="has no action"):
        raise_softirq(Softirq.HRTIMER)


def shared_with_a_softirq(lock: SpinLock) -> None:
    def action() -> None:
        with lock:
            pass

    open_softirq(Softirq.BLOCK, action)
    raise_softirq(Softirq.BLOCK)
    cpu_relax()


def test_a_lock_shared_with_a_softirq_needs_bottom_halves_disabled() -> None:
    lock = SpinLock("napi")
    shared_with_a_softirq(lock)

    with lock:
        pass

    assert [finding.title for finding in runtime.findings()] == ["inconsistent lock state"]


def test_a_lock_shared_with_a_softirq_is_fine_with_bottom_halves_disabled() -> None:
    lock = SpinLock("napi")
    shared_with_a_softirq(lock)

    with lock.bh():
        pass

    assert found() == []


# Tasklets


def test_a_tasklet_runs_once_in_softirq_context() -> None:
    log = list[bool]()
    tasklet = Tasklet(lambda: log.append(in_softirq()))

    tasklet.schedule()
    tasklet.schedule()
    assert tasklet.statistics().scheduled
    cpu_relax()

    assert log == [True]
    assert not tasklet.statistics().scheduled
    assert tasklet.statistics().runs == 1


def test_a_tasklet_may_schedule_itself() -> None:
    log = list[int]()

    def again() -> None:
        log.append(len(log))
        if len(log) < 3:
            tasklet.schedule()

    tasklet = Tasklet(again)
    tasklet.schedule()
    cpu_relax()

    assert log == [0, 1, 2]


def test_a_hi_tasklet_runs_before_the_others() -> None:
    log = list[str]()
    slow, fast = Tasklet(lambda: log.append("slow")), Tasklet(lambda: log.append("fast"))

    slow.schedule()
    fast.hi_schedule()
    cpu_relax()

    assert log == ["fast", "slow"]


def test_a_disabled_tasklet_runs_once_it_is_enabled() -> None:
    log = list[int]()
    tasklet = Tasklet(lambda: log.append(1))
    tasklet.disable()
    tasklet.schedule()
    cpu_relax()
    assert log == []

    tasklet.enable()
    cpu_relax()

    assert log == [1]
    with pytest.raises(RuntimeError, match="unbalanced"):
        tasklet.enable()


def test_a_tasklet_never_runs_on_two_cpus_at_once(actor: Cast) -> None:
    """A tasklet that is scheduled on a second CPU while it runs on the first runs there when the first is done."""
    log, second = list[str](), actor()

    def run() -> None:
        log.append("begins")
        if len(log) == 1:
            second.do(tasklet.schedule)
            second.do(cpu_relax)  # it would run there if it were not running here
        log.append("ends")

    tasklet = Tasklet(run)
    tasklet.schedule()
    cpu_relax()
    assert log == ["begins", "ends"]

    second.do(cpu_relax)

    assert log == ["begins", "ends"] * 2


def test_a_killed_tasklet_never_runs_again() -> None:
    log = list[int]()
    tasklet = Tasklet(lambda: log.append(1))
    tasklet.schedule()

    tasklet.kill()
    tasklet.schedule()
    cpu_relax()

    assert log == []


@pytest.mark.parametrize("take", [Tasklet.disable_sync, Tasklet.kill])
def test_a_tasklet_must_not_wait_for_itself(take: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    reported = list[Any]()
    monkeypatch.setattr(sys, "excepthook", lambda kind, *_: reported.append(kind))
    tasklet = Tasklet(lambda: take(tasklet))
    tasklet.schedule()

    cpu_relax()

    assert reported == [RuntimeError]


@pytest.mark.parametrize("take", [Tasklet.disable_sync, Tasklet.kill])
def test_a_tasklet_that_is_taken_away_as_it_begins_does_not_run(take: Any, actor: Cast) -> None:
    log, other = list[int](), actor()
    tasklet = Tasklet(lambda: log.append(1))
    tasklet._running = Meddler(tasklet, lambda: other.do(take, tasklet))  # type: ignore[assignment]

    tasklet.schedule()
    cpu_relax()

    assert log == []
    tasklet.kill()
    cpu_relax()
    assert found() == []


class Meddler:
    """Stands in the place of the lock of a tasklet that runs, and calls a function before that is taken."""

    def __init__(self, tasklet: Tasklet, before: Any) -> None:
        self.tasklet, self.lock, self.before = tasklet, tasklet._running, before

    def acquire(self, wait: bool) -> bool:
        self.tasklet._running = self.lock
        self.before()
        return self.lock.acquire(wait)


def test_disabling_waits_for_a_run_in_progress_if_it_is_asked_to(actor: Cast) -> None:
    log, inside, go = list[str](), threading.Event(), threading.Event()
    waiter, runner = actor(), actor()
    tasklet = Tasklet(lambda: (inside.set(), go.wait(30), log.append("ended")))
    runner.begin(lambda: (tasklet.schedule(), cpu_relax()))
    assert inside.wait(30)
    tasklet.disable()  # this one does not wait
    waiter.begin(lambda: (tasklet.disable_sync(), log.append("waited")))
    until(lambda: len(tasklet._disabled) == 2)
    go.set()
    waiter.result()
    runner.result()
    assert log == ["ended", "waited"]
    runner.do(tasklet.schedule)
    runner.do(cpu_relax)
    tasklet.enable()
    runner.do(cpu_relax)
    assert log == ["ended", "waited"]
    tasklet.enable()
    runner.do(cpu_relax)
    assert log == ["ended", "waited", "ended"]
    assert found() == []
