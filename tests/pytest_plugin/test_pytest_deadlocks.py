"""A test that deadlocks fails with the report, and the run goes on."""

from __future__ import annotations

import re

import pytest

pytest_plugins = ["pytester", "tests.pytest_plugin.pytest_runs"]
WAYS = {"alone": (), "xdist": ("-n1",), "timeout": ("--timeout=60", "--timeout-method=thread")}

DEADLOCK = """
import threading

def nested(first, second, met):
    def work():
        with first:
            met.wait()
            with second:
                pass
    return work

def test_hangs(threads):
    a, b, met = threading.Lock(), threading.Lock(), threading.Barrier(2)
    threads += [threading.Thread(target=nested(*order, met)) for order in ((a, b), (b, a))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

def test_goes_on(threads):
    assert not any(thread.is_alive() for thread in threads)
"""
FIXTURE = """
import pytest

@pytest.fixture(scope="module")
def threads():
    return []
"""


@pytest.mark.parametrize("way", WAYS)
def test_a_test_that_deadlocks_fails_and_the_run_goes_on(run, way):
    result = run(FIXTURE + DEADLOCK, *WAYS[way])

    assert result.parseoutcomes()["failed"] == result.parseoutcomes()["passed"] == 1
    assert "BUG: circular locking deadlock detected!" in result.text
    assert "FAILED test_it.py::test_hangs" in result.text


def test_a_test_whose_own_thread_is_in_the_circle_gets_the_exception(run):
    source = """
import threading
def test_join():
    lock, held = threading.Lock(), threading.Event()
    def work():
        held.wait()
        with lock: pass
    thread = threading.Thread(target=work)
    thread.start()
    with lock:
        held.set()
        thread.join()
"""
    result = run(source)

    assert result.parseoutcomes()["failed"] == 1
    assert "BUG: circular locking deadlock detected!" in result.text


def test_a_user_may_choose_another_end(run, monkeypatch):
    monkeypatch.setenv("LOCKDEP_OPTIONS", "on_deadlock=exit exit_code=9")
    result = run(FIXTURE + DEADLOCK)

    assert result.ret == 9


SLOW = """
import threading, time

def test_waits():
    lock, holds = threading.Lock(), threading.Event()
    def hold():
        with lock:
            holds.set()
            time.sleep(SECONDS)
    threading.Thread(target=hold, name="holder", daemon=True).start()
    holds.wait()
    with lock:
        pass
"""
METHODS = {
    "signal": ("--timeout=1",),
    "thread": ("--timeout=1", "--timeout-method=thread"),
    "signal and xdist": ("--timeout=1", "-n1"),
    "thread and xdist": ("--timeout=1", "--timeout-method=thread", "-n1"),
}


@pytest.mark.parametrize("method", METHODS)
def test_a_time_out_shows_who_waits_for_whom(run, method):
    result = run(SLOW.replace("SECONDS", "60"), *METHODS[method])

    assert result.ret != 0
    assert result.text.count("lockdep: who waits for whom") == 1
    assert re.search(r"holder\s+holds  ", result.text)
    assert re.search(r"MainThread +waits  ", result.text)


def test_a_test_in_time_shows_nothing(run):
    result = run(SLOW.replace("SECONDS", "0.1"), "--timeout=60")

    assert result.ret == 0
    assert "who waits for whom" not in result.text
