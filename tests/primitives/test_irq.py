"""Simulated interrupts: where they are delivered, in which context their handlers run, and what the validator finds."""

import sys
import threading
from collections.abc import Callable, Iterator
from errno import EBUSY
from itertools import count
from typing import Any

import pytest

import lockdep
from lockdep import runtime
from lockdep.contexts import simulated
from primitives import Completion, Mutex, RawSpinLock, RWLock, SpinLock, _delivery
from primitives.irq import (
    IrqStatistics,
    cpu_relax,
    disable_irq,
    disable_irq_nosync,
    enable_irq,
    free_irq,
    irq_statistics,
    irqs_disabled,
    local_irq_disable,
    local_irq_enable,
    local_irq_restore,
    local_irq_save,
    raise_irq,
    request_irq,
    synchronize_irq,
)
from primitives.preempt import in_hardirq, in_interrupt, preempt_disable, preempt_enable
from tests.patience import THREAD_LIMIT
from tests.primitives.contract import Cast, until
from tests.worlds import found

Requested = Callable[..., int]


class TriedLock(Mutex):
    """A mutex that a with statement takes by trylock."""

    def __enter__(self) -> bool:
        return self.trylock()


def locking(lock: Any) -> Callable[[int], None]:
    """Return a handler that takes a lock."""

    def handler(_: int) -> None:
        with lock:
            pass

    return handler


def titles() -> list[str]:
    return [finding.title for finding in runtime.findings()]


@pytest.fixture
def irq() -> Iterator[Requested]:
    """Yield a function that requests an interrupt with a number of its own; the test's end frees it."""
    numbers, used = count(100), list[int]()

    def request(handler: Callable[[int], Any], **options: Any) -> int:
        used.append(next(numbers))
        request_irq(used[-1], handler, **options)
        return used[-1]

    yield request
    simulated.forget()
    for number in used:
        free_irq(number)


def test_an_interrupt_raised_in_its_own_thread_runs_at_once(irq: Requested) -> None:
    log = list[Any]()
    number = irq(lambda number: log.append((number, in_hardirq(), irqs_disabled())))

    raise_irq(number)

    assert log == [(number, True, True)]
    assert not in_interrupt()
    assert not irqs_disabled()


@pytest.mark.parametrize("variant", ["enable", "restore"])
def test_an_interrupt_waits_while_interrupts_are_disabled(irq: Requested, variant: str) -> None:
    log = list[int]()
    number = irq(log.append)
    flags = local_irq_save()

    raise_irq(number)
    cpu_relax()
    with SpinLock("s"):
        pass
    assert log == []
    if variant == "enable":
        local_irq_enable()
    else:
        local_irq_restore(flags)

    assert log == [number]


def test_restoring_disabled_interrupts_delivers_nothing(irq: Requested) -> None:
    log = list[int]()
    number = irq(log.append)
    local_irq_disable()

    flags = local_irq_save()
    raise_irq(number)
    local_irq_restore(flags)

    assert log == []
    local_irq_enable()
    assert log == [number]


@pytest.mark.parametrize(
    "operation",
    [
        lambda: locking(SpinLock("s"))(0),
        lambda: locking(TriedLock("m"))(0),
        lambda: locking(RWLock("rw").read())(0),
        simulated.local_irq_enable,
        cpu_relax,
    ],
    ids=["lock", "trylock", "read_lock", "no-change", "cpu_relax"],
)
def test_an_interrupt_from_another_thread_runs_at_the_next_operation(
    irq: Requested, actor: Cast, operation: Callable[[], Any], request: Any
) -> None:
    log, target, sender = list[int](), actor(), actor()
    number = irq(lambda _: log.append(threading.get_ident()))
    target.do(locking(Mutex("before")), 0)

    sender.do(raise_irq, number, target.thread)
    assert irq_statistics(number) == IrqStatistics(0, 1)
    target.do(operation)

    if request.node.callspec.id == "no-change":  # interrupts were enabled before, so this delivers nothing
        assert log == []
        target.do(cpu_relax)
    assert log == [target.thread.ident]
    assert irq_statistics(number) == IrqStatistics(1, 0)


def test_a_lock_on_the_fast_path_delivers_an_interrupt(irq: Requested, actor: Cast) -> None:
    log, sender, lock = list[int](), actor(), SpinLock("s")
    number = irq(log.append)
    for _ in range(3):
        with lock:
            pass
    sender.do(raise_irq, number, threading.main_thread())

    with lock:
        assert log == [number]


def test_an_interrupt_may_be_sent_to_a_thread_that_has_used_no_lock(irq: Requested) -> None:
    log, go, there = list[int](), Completion(), threading.Event()
    number = irq(log.append)

    def body() -> None:
        there.set()
        go.wait_for_completion()

    thread = threading.Thread(target=body)
    thread.start()
    assert there.wait(THREAD_LIMIT)

    raise_irq(number, thread)
    go.complete()
    thread.join()

    assert log == [] or log == [number]  # the thread may be in its last wait before the interrupt is sent


def test_an_interrupt_runs_in_its_target_thread_only(irq: Requested, actor: Cast) -> None:
    log, target, other = list[int](), actor(), actor()
    number = irq(lambda _: log.append(threading.get_ident()))

    other.do(raise_irq, number, target.thread)
    other.do(cpu_relax)
    assert log == []

    target.do(cpu_relax)
    assert log == [target.thread.ident]


def test_a_pending_interrupt_is_not_queued_twice(irq: Requested) -> None:
    log = list[int]()
    number = irq(log.append)
    local_irq_disable()
    raise_irq(number)
    raise_irq(number)

    local_irq_enable()

    assert log == [number]


def test_interrupts_run_in_order_and_never_nest(irq: Requested) -> None:
    log = list[str]()

    def first(_: int) -> None:
        log.append("first begins")
        raise_irq(second)
        log.append("first ends")

    one, second = irq(first), irq(lambda _: log.append("second"))

    raise_irq(one)

    assert log == ["first begins", "first ends", "second"]


def test_an_interrupt_that_raises_itself_does_not_nest(irq: Requested) -> None:
    depths, left = list[int](), [500]

    def again(number: int) -> None:
        depths.append(simulated.irq_state().depths[0])
        left[0] -= 1
        if left[0]:
            raise_irq(number)

    raise_irq(irq(again))

    assert depths == [1] * 500


def test_an_exception_of_a_handler_is_reported(irq: Requested, monkeypatch: pytest.MonkeyPatch) -> None:
    reported = list[Any]()
    monkeypatch.setattr(sys, "excepthook", lambda kind, *_: reported.append(kind))

    raise_irq(irq(lambda _: 1 / 0))

    assert reported == [ZeroDivisionError]
    assert not in_interrupt()
    assert not irqs_disabled()


def test_an_exception_that_ends_the_program_propagates(irq: Requested) -> None:
    def stop(_: int) -> None:
        raise KeyboardInterrupt

    log = list[int]()
    number, after = irq(stop), irq(log.append)
    local_irq_disable()
    raise_irq(number)
    raise_irq(after)

    with pytest.raises(KeyboardInterrupt):
        local_irq_enable()

    assert not in_interrupt()
    assert log == []
    cpu_relax()
    assert log == [after]


def test_wrong_arguments_raise(irq: Requested) -> None:
    number = irq(print)
    with pytest.raises(OSError, match="has a handler") as error:
        request_irq(number, print)
    assert error.value.errno == EBUSY
    with pytest.raises(ValueError, match="no handler"):
        raise_irq(99)
    with pytest.raises(ValueError, match="no handler"):
        free_irq(99)
    with pytest.raises(ValueError, match="not running"):
        raise_irq(number, threading.Thread())


def test_a_pending_interrupt_is_dropped_when_it_is_freed() -> None:
    log = list[int]()
    request_irq(98, log.append)
    local_irq_disable()
    raise_irq(98)
    free_irq(98)

    local_irq_enable()

    assert log == []


# What the validator reports


def test_a_lock_shared_with_a_handler_needs_interrupts_disabled(irq: Requested) -> None:
    lock = SpinLock("s")
    raise_irq(irq(locking(lock)))

    with lock:
        pass

    assert titles() == ["inconsistent lock state"]


def test_a_lock_shared_with_a_handler_is_fine_with_interrupts_disabled(irq: Requested) -> None:
    lock = SpinLock("s")
    raise_irq(irq(locking(lock)))

    with lock.irqsave():
        pass

    assert found() == []


def test_a_handler_that_takes_the_interrupted_lock_raises_deadlock_error(
    irq: Requested, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The handler takes the lock that the interrupted code holds, which is the deadlock itself."""
    reported = list[Any]()
    monkeypatch.setattr(sys, "excepthook", lambda kind, *_: reported.append(kind))
    lock = SpinLock("s")
    number = irq(locking(lock))

    with lock:
        raise_irq(number)

    assert reported == [lockdep.DeadlockError]
    assert "possible recursive locking detected" in titles()
    assert not lock.locked()


def test_disabled_interrupts_keep_the_handler_from_the_held_lock(irq: Requested) -> None:
    lock = SpinLock("s")
    number = irq(locking(lock))

    with lock.irqsave():
        raise_irq(number)

    assert irq_statistics(number).runs == 1
    assert found() == []


def test_a_sleeping_lock_in_a_handler_is_reported(irq: Requested) -> None:
    raise_irq(irq(locking(Mutex("m"))))

    assert titles() == ["Invalid wait context"]


@pytest.mark.parametrize(("kind", "says"), [(SpinLock, ["Invalid wait context"]), (RawSpinLock, [])])
def test_a_handler_that_is_not_threaded_may_take_raw_spinlocks_only(irq: Requested, kind: Any, says: list[str]) -> None:
    raise_irq(irq(locking(kind("s")), threaded=False))

    assert titles() == says


def test_every_interrupt_from_another_thread_is_delivered(irq: Requested, actor: Cast) -> None:
    """The target takes locks all the time; each interrupt that was sent is delivered, and no lock is left held."""
    runs, lock, plain = [0], SpinLock("s"), SpinLock("p")

    def handler(_: int) -> None:
        with lock:
            runs[0] += 1

    number, target, over = irq(handler), actor(), threading.Event()

    def work() -> int:
        rounds = 0
        while not over.is_set():
            with lock.irqsave():
                rounds += 1
            with plain:
                pass
        return rounds

    def send() -> None:
        for sent in range(1, 301):
            raise_irq(number, target.thread)
            until(lambda sent=sent: runs[0] == sent)

    target.begin(work)
    actor().do(send)
    over.set()
    assert target.result() > 0
    assert runs == [300]
    assert found() == []


@pytest.mark.parametrize("wait", [free_irq, synchronize_irq, disable_irq])
def test_whoever_takes_a_handler_away_waits_until_it_has_ended(wait: Callable[[int], None], actor: Cast) -> None:
    begun, go_on = Completion("begun"), Completion("go on")
    ended: list[bool] = []

    def handler(_: int) -> None:
        begun.complete()
        until(go_on.done)
        ended.append(True)

    number = 900 + len(wait.__name__)
    request_irq(number, handler)
    interrupted, waiter = actor(), actor()
    interrupted.begin(raise_irq, number)
    begun.wait_for_completion()
    waiter.begin(wait, number)
    assert not ended
    go_on.complete()
    interrupted.result()
    waiter.result()

    assert ended == [True]
    if wait is not free_irq:
        free_irq(number)


@pytest.mark.parametrize("take", [free_irq, disable_irq])
def test_a_handler_that_is_taken_away_as_it_begins_does_not_run(take: Callable[[int], None], actor: Cast) -> None:
    ran, other, number = list[int](), actor(), 950 + len(take.__name__)

    class Running(list[int]):
        def append(self, ident: int) -> None:
            action.running = before
            other.do(take, number)  # nobody runs the handler yet, so this does not wait
            before.append(ident)

    request_irq(number, ran.append)
    action = _delivery.irqs[number]
    before, action.running = action.running, Running()

    raise_irq(number)

    assert ran == []
    if take is disable_irq:
        enable_irq(number)
        assert ran == [number]
        free_irq(number)


def test_a_disabled_interrupt_stays_pending_until_it_is_enabled(irq: Requested) -> None:
    runs: list[int] = []
    number = irq(runs.append)
    disable_irq(number)
    disable_irq_nosync(number)
    raise_irq(number)
    enable_irq(number)
    assert (runs, irq_statistics(number).pending) == ([], 1)

    enable_irq(number)

    assert runs == [number]
    with pytest.raises(RuntimeError, match="unbalanced enable"):
        enable_irq(number)


def test_a_handler_must_not_wait_for_itself(irq: Requested, monkeypatch: pytest.MonkeyPatch) -> None:
    raised: list[type[BaseException]] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, *_: raised.append(kind))

    raise_irq(irq(synchronize_irq))

    assert raised == [lockdep.DeadlockError]


def test_a_handler_that_leaves_the_context_changed_is_reported(irq: Requested) -> None:
    raise_irq(irq(lambda _: preempt_disable()))
    preempt_enable()

    assert titles() == [f"the handler {test_a_handler_that_leaves_the_context_changed_is_reported.__name__}.<locals>."
                        "<lambda> returned with another context"]  # fmt: skip


def test_a_handler_that_restores_the_context_is_silent(irq: Requested) -> None:
    raise_irq(irq(lambda _: (preempt_disable(), preempt_enable())))

    assert found() == []


def test_a_handler_that_releases_what_it_interrupted_is_reported(irq: Requested) -> None:
    lock, own = SpinLock("interrupted"), SpinLock("own")

    def handler(_: int) -> None:
        with own:
            lock.unlock()

    number = irq(handler)
    local_irq_disable()
    lock.lock()
    raise_irq(number)
    local_irq_enable()

    assert [title for title in titles() if "released a lock of the code that it interrupted" in title]
