"""Known limitations, each with a line in docs/limitations.md: tests of what is wanted, which are expected to fail."""

import builtins
import functools
import threading

import pytest

import lockdep
from lockdep.threading import Lock


def errors(validator: lockdep.Validator) -> list[str]:
    return [finding.slug for finding in validator.findings() if finding.level == "error"]


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


@pytest.mark.xfail(reason="lockdep calls what the program has put there", strict=True, raises=TypeError)
def test_a_builtin_function_that_was_replaced_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    with lockdep.use(lockdep.Validator()), monkeypatch.context() as replaced:
        replaced.setattr(builtins, "len", functools.lru_cache(len))  # refuses all that cannot be hashed
        Lock()
