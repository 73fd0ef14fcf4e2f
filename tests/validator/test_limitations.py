"""Known limitations, each with a line in the README: tests of the wanted behaviour, which are expected to fail."""

import threading

import pytest

import lockdep
from lockdep.threading import Condition, Lock


def errors(validator: lockdep.Validator) -> list[str]:
    return [finding.slug for finding in validator.findings() if finding.level == "error"]


def in_thread(function) -> None:
    thread = threading.Thread(target=function)
    thread.start()
    thread.join()


@pytest.mark.xfail(reason="gate locks are not taken as an excuse yet", strict=True)
def test_a_cycle_under_a_common_gate_is_excused() -> None:
    with lockdep.use(lockdep.Validator()) as validator:
        gate, a, b = Lock("gate"), Lock("a"), Lock("b")
        with gate, a, b:
            pass
        with gate, b, a:
            pass

    assert errors(validator) == []


@pytest.mark.xfail(reason="the order that start and join give is not taken as an excuse yet", strict=True)
def test_a_cycle_of_threads_that_never_meet_is_excused() -> None:
    with lockdep.use(lockdep.Validator()) as validator:
        a, b = Lock("a"), Lock("b")

        def forwards() -> None:
            with a, b:
                pass

        def backwards() -> None:
            with b, a:
                pass

        in_thread(forwards)
        in_thread(backwards)

    assert errors(validator) == []


@pytest.mark.xfail(reason="waiting for a Condition is not a dependency yet", strict=True)
def test_a_wait_for_a_condition_whose_notifier_needs_a_held_lock_is_found() -> None:
    with lockdep.use(lockdep.Validator()) as validator:
        held, answered = Lock("held"), Condition(Lock("answered"))

        def answer() -> None:
            with held, answered:
                answered.notify_all()

        in_thread(answer)
        with held, answered:
            answered.wait(0.01)

    assert any(finding.slug == "wait" for finding in validator.findings())


@pytest.mark.xfail(reason="a hand-off that comes late looks like a thread that waits for itself", strict=True)
def test_a_late_hand_off_is_silent() -> None:
    with lockdep.use(lockdep.Validator()) as validator:
        signal, seen = Lock("signal"), threading.Event()
        undo = lockdep.on_finding(lambda _: seen.set())

        def release_late() -> None:
            seen.wait(5)
            signal.release()

        signal.acquire()
        thread = threading.Thread(target=release_late)
        thread.start()
        signal.acquire()
        thread.join()
        signal.release()
        undo()

    assert errors(validator) == []
