"""Simulated interrupts: counts, contexts, usage bits, wait contexts, and the assertions about them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

import lockdep
from lockdep.contexts import simulated
from lockdep.fastpath import NOCHECK, RECURSIVE_READ, DepMap, ExclusiveLock, thread_state
from lockdep.wait_types import CONFIG, FREE, SPIN, Traits
from tests.worlds import in_thread, world


class Spin(ExclusiveLock):
    """A lock whose waiters spin."""

    traits = Traits(inner=CONFIG)


class RawSpin(ExclusiveLock):
    """A lock whose waiters spin on every kernel."""

    traits = Traits(inner=SPIN)


class Mutex(ExclusiveLock):
    """A lock whose waiters sleep."""

    traits = Traits()


class ReadWrite:
    """The type of lock that a bare DepMap belongs to."""

    traits = Traits(inner=CONFIG)


class Reading:
    """A read-side section, which never waits."""

    traits = Traits(outer=FREE, inner=CONFIG)


@pytest.fixture(autouse=True)
def validator() -> Iterator[lockdep.Validator]:
    with world(strict=True) as chosen:
        yield chosen
        simulated.forget()
        assert thread_state().held() == []
    assert chosen.failures == 0, chosen.book.failure


def titles() -> list[str]:
    return [finding.title for finding in lockdep.findings()]


def use(*locks: ExclusiveLock) -> None:
    for lock in locks:
        with lock:
            pass


def in_hardirq(work: Callable[[], object], *, threaded: bool = True) -> None:
    simulated.hardirq_enter(threaded=threaded)
    work()
    simulated.hardirq_exit()


def in_softirq(work: Callable[[], object]) -> None:
    simulated.softirq_enter()
    work()
    simulated.softirq_exit()


def text(lock: ExclusiveLock) -> str:
    """Return the class of a lock as a report prints it now."""
    with lock:
        lockdep.assert_not_held(lock)
    return lockdep.findings()[-1].class_text(lock.entry.lock_class)


INCONSISTENT = "inconsistent lock state"
INVERSION = "possible irq lock inversion dependency detected"
HARD_ORDER = "HARDIRQ-safe -> HARDIRQ-unsafe lock order detected"
SOFT_ORDER = "SOFTIRQ-safe -> SOFTIRQ-unsafe lock order detected"
WAIT = "Invalid wait context"


# -- the counts


def test_each_thread_has_its_own_interrupts() -> None:
    simulated.local_irq_disable()
    assert simulated.irqs_disabled()
    others: list[bool] = []
    in_thread(lambda: others.append(simulated.irqs_disabled()))
    assert others == [False]
    simulated.local_irq_enable()
    assert not simulated.irqs_disabled()


def test_save_and_restore_nest() -> None:
    outer = simulated.local_irq_save()
    inner = simulated.local_irq_save()
    assert (outer, inner) == (True, False)
    simulated.local_irq_restore(inner)
    assert simulated.irqs_disabled()
    simulated.local_irq_restore(outer)
    assert not simulated.irqs_disabled()


def test_bottom_halves_nest() -> None:
    simulated.local_bh_disable()
    simulated.local_bh_disable()
    simulated.local_bh_enable()
    assert simulated.in_softirq()
    assert simulated.in_interrupt()
    assert simulated.in_task()
    simulated.local_bh_enable()
    assert not simulated.in_interrupt()


def test_handlers_nest_and_restore_what_was_off() -> None:
    simulated.local_irq_disable()
    simulated.softirq_enter()
    simulated.hardirq_enter()
    assert (simulated.in_hardirq(), simulated.in_softirq(), simulated.preempt_count()) == (True, True, 3)
    simulated.hardirq_exit()
    simulated.softirq_exit()
    assert simulated.irqs_disabled()
    assert simulated.preempt_count() == 0


@pytest.mark.parametrize(
    ("misuse", "title"),
    [
        (simulated.local_bh_enable, "unbalanced local_bh_enable"),
        (simulated.preempt_enable, "unbalanced preempt_enable"),
        (simulated.hardirq_exit, "hardirq_exit outside of a hardirq handler"),
        (simulated.softirq_exit, "softirq_exit outside of a softirq handler"),
        (lambda: in_hardirq(simulated.local_irq_enable), "enabling interrupts inside a hardirq handler"),
    ],
)
def test_an_unbalanced_call_is_reported(misuse: Callable[[], object], title: str) -> None:
    misuse()
    assert titles() == [title]


# -- usage of one class


def test_a_class_is_printed_with_the_kernels_characters() -> None:
    plain, safe, soft, raw = Mutex("plain"), Spin("safe"), Spin("soft"), RawSpin("raw")
    assert text(plain) == "plain{+.+.}-{4:4}"
    simulated.local_irq_disable()
    assert text(raw) == "raw{....}-{2:2}"
    in_hardirq(lambda: use(safe))
    assert text(safe) == "safe{-...}-{3:3}"
    simulated.local_irq_enable()
    in_softirq(lambda: use(soft))
    simulated.local_bh_disable()
    assert text(soft) == "soft{+.-.}-{3:3}"
    simulated.local_bh_enable()


@pytest.mark.parametrize("context", [in_hardirq, in_softirq])
def test_a_lock_taken_in_an_interrupt_and_with_it_enabled_is_reported(
    context: Callable[[Callable[[], object]], None],
) -> None:
    safe, other = Spin("inside and out"), Spin("inside only")
    context(lambda: use(safe, other))
    assert titles() == []
    use(safe)
    assert titles() == [INCONSISTENT]
    context(lambda: use(other))
    assert len(titles()) == 1


def test_a_lock_held_when_interrupts_are_enabled_is_reported() -> None:
    lock = Spin("held too long")
    in_hardirq(lambda: use(lock))
    simulated.local_irq_disable()
    with lock:
        assert titles() == []
        simulated.local_irq_enable()
    assert titles() == [INCONSISTENT]


def test_readers_inside_and_outside_of_an_interrupt_are_silent() -> None:
    lock = DepMap("readers", ReadWrite)

    def read() -> None:
        lock.acquired(lock.acquire(RECURSIVE_READ))
        lock.release()

    in_hardirq(read)
    read()
    assert titles() == []
    lock.acquired(lock.acquire())
    lock.release()
    assert titles() == [INCONSISTENT]


def test_a_known_chain_is_judged_again_in_an_interrupt() -> None:
    lock = Spin("known outside")
    for _ in range(3):
        use(lock)
    in_hardirq(lambda: use(lock))
    assert titles() == [INCONSISTENT]


def test_a_trylock_in_an_interrupt_is_silent() -> None:
    lock = Spin("tried")

    def attempt() -> None:
        assert lock.acquire(blocking=False)
        lock.release()

    in_hardirq(attempt)
    use(lock)
    assert titles() == []


# -- classes that are connected


def test_a_dependency_from_safe_to_unsafe_is_reported() -> None:
    safe, unsafe = Spin("safe"), Spin("unsafe")
    in_hardirq(lambda: use(safe))
    use(unsafe)
    assert titles() == []
    simulated.local_irq_disable()
    with safe, unsafe:
        pass
    simulated.local_irq_enable()
    assert titles() == [HARD_ORDER]
    assert lockdep.findings()[0].classes == ("safe", "safe", "unsafe", "unsafe")


def test_a_dependency_from_unsafe_to_safe_is_silent() -> None:
    safe, unsafe = Spin("safe"), Spin("unsafe")
    in_hardirq(lambda: use(safe))
    use(unsafe)
    with unsafe:
        simulated.local_irq_disable()
        use(safe)
        simulated.local_irq_enable()
    assert titles() == []


def test_a_softirq_order_through_a_third_lock_is_reported() -> None:
    safe, between, unsafe = Spin("safe"), Spin("between"), Spin("unsafe")
    in_softirq(lambda: use(safe))
    use(unsafe)
    simulated.local_bh_disable()
    with safe, between:
        pass
    with between, unsafe:
        pass
    simulated.local_bh_enable()
    assert titles() == [SOFT_ORDER]
    assert lockdep.findings()[0].classes == ("safe", "between", "unsafe", "unsafe")


@pytest.mark.parametrize("late", ["safe", "unsafe"])
def test_an_inversion_is_reported_when_a_class_changes_its_state(late: str) -> None:
    first, second = Spin("taken first"), Spin("taken second")
    simulated.local_irq_disable()
    with first, second:
        pass
    simulated.local_irq_enable()
    steps = [lambda: use(second), lambda: in_hardirq(lambda: use(first))]
    for step in steps if late == "safe" else reversed(steps):
        assert titles() == []
        step()
    assert titles() == [INVERSION]
    assert set(lockdep.findings()[0].classes) == {"taken first", "taken second"}


def test_a_lock_of_a_handler_does_not_depend_on_interrupted_locks() -> None:
    inner, outer = Spin("of the handler"), Spin("interrupted")
    simulated.local_irq_disable()
    with outer:
        in_softirq(lambda: use(inner))
    simulated.local_irq_enable()
    assert lockdep.findings() == ()
    simulated.local_irq_disable()
    with inner, outer:
        pass
    simulated.local_irq_enable()
    assert titles() == []


def test_recursion_is_reported_across_contexts() -> None:
    one, two = RawSpin("one class"), RawSpin("one class")
    simulated.local_irq_disable()
    with one:
        in_hardirq(lambda: use(two))
    assert "possible recursive locking detected" in titles()


# -- wait contexts


@pytest.mark.parametrize(
    ("outer", "inner", "expected"),
    [
        (Mutex, Mutex, []), (Mutex, Spin, []), (Mutex, RawSpin, []), (Spin, Spin, []), (Spin, RawSpin, []),
        (Spin, Mutex, [WAIT]), (RawSpin, Spin, [WAIT]), (RawSpin, Mutex, [WAIT]), (RawSpin, RawSpin, []),
    ],
)  # fmt: skip
def test_held_locks_limit_the_wait_type(outer: type, inner: type, expected: list[str]) -> None:
    with outer("outer"), inner("inner"):
        pass
    assert titles() == expected


@pytest.mark.parametrize(
    ("kind", "threaded", "expected"),
    [(Spin, True, []), (Mutex, True, [WAIT]), (RawSpin, False, []), (Spin, False, [WAIT])],
)
def test_handlers_limit_the_wait_type(kind: type, threaded: bool, expected: list[str]) -> None:
    in_hardirq(lambda: use(kind("taken in a handler")), threaded=threaded)
    assert titles() == expected


def test_interrupted_locks_do_not_limit_the_wait_type_of_a_handler() -> None:
    simulated.local_irq_disable()
    with RawSpin("interrupted"):
        in_softirq(lambda: use(Spin("in the handler")))
    assert titles() == []


def test_a_read_side_section_limits_only_what_is_taken_inside() -> None:
    section = DepMap("read side", Reading)
    for outer in (RawSpin("raw"), Mutex("mutex")):
        with outer:
            section.hold(RECURSIVE_READ | NOCHECK)
            section.release()
    assert titles() == []
    section.hold(RECURSIVE_READ | NOCHECK)
    use(Spin("spin"))
    assert titles() == []
    use(Mutex("other mutex"))
    section.release()
    assert titles() == [WAIT]


# -- assertions


@pytest.mark.parametrize(
    ("where", "holds"),
    [
        ("task", {"assert_irqs_enabled", "assert_no_hardirq", "assert_preemption_enabled"}),
        ("irqs off", {"assert_irqs_disabled", "assert_preemption_disabled"}),
        ("bh off", {"assert_irqs_enabled", "assert_no_hardirq", "assert_in_softirq", "assert_preemption_disabled"}),
        ("preemption off", {"assert_irqs_enabled", "assert_no_hardirq", "assert_preemption_disabled"}),
        ("hardirq", {"assert_irqs_disabled", "assert_in_irq", "assert_preemption_disabled"}),
        ("softirq", {"assert_irqs_disabled", "assert_in_softirq", "assert_preemption_disabled"}),
    ],
)  # fmt: skip
def test_assertions_about_the_context_hold_where_they_say(where: str, holds: set[str]) -> None:
    {
        "task": simulated.in_task, "irqs off": simulated.local_irq_disable, "bh off": simulated.local_bh_disable,
        "preemption off": simulated.preempt_disable, "hardirq": simulated.hardirq_enter,
        "softirq": simulated.softirq_enter,
    }[where]()  # fmt: skip
    names = {
        "assert_irqs_enabled", "assert_irqs_disabled", "assert_in_irq", "assert_no_hardirq", "assert_in_softirq",
        "assert_preemption_enabled", "assert_preemption_disabled",
    }  # fmt: skip
    for name in sorted(names):
        getattr(lockdep, name)()
    assert {title.removesuffix(" failed") for title in titles()} == names - holds


def test_assertions_about_held_locks_hold_for_the_right_mode() -> None:
    lock, other = Spin("lock"), DepMap("reader", ReadWrite)
    lockdep.assert_not_held(lock)
    lockdep.assert_none_held_once()
    with lock:
        other.hold(RECURSIVE_READ)
        lockdep.assert_held(lock)
        lockdep.assert_held_once(lock)
        lockdep.assert_held_write(lock)
        lockdep.assert_held_read(other)
        assert titles() == []
        lockdep.assert_held_write(other)
        lockdep.assert_held_read(lock)
        lockdep.assert_not_held(lock)
        lockdep.assert_none_held_once()
        other.release()
    lockdep.assert_held(lock)
    names = ["held_write", "held_read", "not_held", "none_held_once", "held"]
    assert titles() == [f"assert_{name} failed" for name in names]


def test_an_assertion_is_one_finding_for_each_place() -> None:
    lock = Spin("lock")
    for _ in range(3):
        lockdep.assert_held(lock)
    assert [finding.count for finding in lockdep.findings()] == [3]
    lockdep.assert_held(lock)
    assert len(lockdep.findings()) == 2


def test_assertions_hold_if_the_answer_is_not_known() -> None:
    lock = Spin("lock")
    with lockdep.paused():
        lockdep.assert_held(lock)
        lockdep.assert_irqs_disabled()
        lockdep.assert_none_held_once()
    lockdep.assert_held(threading.Condition(threading.Lock()))
    assert titles() == []


@pytest.mark.parametrize(
    "atomic",
    [
        simulated.local_irq_disable, simulated.local_bh_disable, simulated.preempt_disable,
        simulated.hardirq_enter, simulated.softirq_enter,
    ],
)  # fmt: skip
def test_might_sleep_in_atomic_context_is_reported(atomic: Callable[[], None]) -> None:
    lockdep.might_sleep()
    with Mutex("sleeps anyway"):
        lockdep.might_sleep()
    assert titles() == []
    atomic()
    lockdep.might_sleep()
    assert titles() == ["sleeping function called from invalid context"]


def test_might_sleep_under_a_spinlock_is_reported() -> None:
    with Spin("must not sleep"):
        lockdep.might_sleep()
    assert titles() == ["sleeping function called from invalid context"]
    assert lockdep.findings()[0].classes[0] == "must not sleep"
