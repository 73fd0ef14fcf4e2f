"""Calls of Python's own that sleep, where nothing may sleep; and the same calls where they may."""

from __future__ import annotations

import copy
import fcntl
import inspect
import os
import pickle
import queue
import select
import selectors
import signal
import socket
import subprocess
import threading
import time
import traceback
import types
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from lockdep import patch, runtime
from lockdep.contexts import simulated
from primitives import (
    SRCU,
    Mutex,
    RawSpinLock,
    RWLock,
    SpinLock,
    local_bh_disable,
    local_bh_enable,
    local_irq_disable,
    local_irq_enable,
    preempt_disabled,
    rcu_read_side,
    rcu_read_side_bh,
    rcu_read_side_sched,
)
from tests.worlds import PLAIN, found, patched_world, program


@pytest.fixture(autouse=True)
def validator() -> Iterator[Any]:
    with patched_world() as chosen:
        yield chosen
        assert chosen.failures == 0, chosen.book.failure


@contextmanager
def irqs_off() -> Iterator[None]:
    local_irq_disable()
    yield
    local_irq_enable()


@contextmanager
def bh_off() -> Iterator[None]:
    local_bh_disable()
    yield
    local_bh_enable()


@contextmanager
def handler() -> Iterator[None]:
    simulated.hardirq_enter(threaded=False)
    yield
    simulated.hardirq_exit()


Section = Callable[[], AbstractContextManager[Any]]
ATOMIC: list[Section] = [
    SpinLock, RawSpinLock, lambda: RWLock().read(), lambda: RWLock().write(), rcu_read_side, rcu_read_side_bh,
    rcu_read_side_sched, preempt_disabled, irqs_off, bh_off, handler, lambda: SpinLock().irq(),
]  # fmt: skip


def receive() -> bytes:
    """Receive from a socket, which is made outside of the section."""
    return pair()[0].recv(1)


def pair() -> tuple[socket.socket, socket.socket]:
    if not pairs:
        pairs.append(socket.socketpair())
    pairs[0][1].send(b"x")
    return pairs[0]


pairs: list[tuple[socket.socket, socket.socket]] = []


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    yield
    while pairs:
        for one in pairs.pop():
            one.close()


def sleep() -> None:
    time.sleep(0.0001)


def read() -> None:
    with open(os.devnull):
        pass


@pytest.mark.parametrize("section", ATOMIC)
@pytest.mark.parametrize("call", [sleep, read])
def test_a_call_that_sleeps_is_reported_once_for_its_place(section: Section, call: Callable[[], None]) -> None:
    for _ in range(3):
        with section():
            call()

    assert found() == ["sleep"]
    assert f"in {call.__name__}" in str(runtime.findings()[0])


def test_each_place_is_reported() -> None:
    lock = SpinLock()
    with lock:
        sleep()
        time.sleep(0.0001)
        time.sleep(0.0001)

    assert found() == ["sleep"] * 3


@pytest.mark.parametrize("call", [sleep, read, receive])
def test_the_same_calls_are_fine_where_sleeping_is_allowed(call: Callable[[], None]) -> None:
    lock, domain = SpinLock(), SRCU()
    call()
    with lock:
        pass
    call()
    with Mutex(), domain.reading():
        call()
    with irqs_off():
        pass
    call()

    assert found() == []


def test_a_socket_that_waits_is_reported_and_one_that_does_not_is_fine() -> None:
    ours, theirs = pair()
    theirs.send(b"xyz")
    ours.setblocking(False)
    with SpinLock():
        ours.recv(1)
    assert found() == []
    ours.settimeout(5)

    with SpinLock():
        ours.recv(1)

    assert found() == ["sleep"]


def pipe() -> tuple[int, int]:
    """Return a pipe that has something to read, and room to write."""
    if not pipes:
        pipes.extend(os.pipe())
    os.write(pipes[1], b"x")
    return pipes[0], pipes[1]


pipes: list[int] = []


@pytest.fixture(autouse=True)
def pipe_closed() -> Iterator[None]:
    yield
    while selectors_made:
        selectors_made.pop().close()
    while pipes:
        os.close(pipes.pop())


def child() -> int:
    """Return the number of a child process that ends at once."""
    return os.posix_spawn("/bin/true", ["true"], {})


def made_non_blocking(descriptor: int) -> int:
    os.set_blocking(descriptor, False)
    return descriptor


def reap(number: int, options: int) -> None:
    """Wait for a child; with WNOHANG, until it has ended."""
    while os.waitpid(number, options)[0] == 0:
        pass


def select_by(kind: type[selectors.BaseSelector], timeout: float | None) -> Callable[[], object]:
    selector = kind()
    selectors_made.append(selector)
    selector.register(pipe()[0], selectors.EVENT_READ)
    return partial(selector.select, timeout)


selectors_made: list[selectors.BaseSelector] = []


def flock(operation: int) -> None:
    with_file[0].seek(0)
    fcntl.flock(with_file[0], operation)


with_file: list[Any] = []


@pytest.fixture
def file(tmp_path: Path) -> Iterator[None]:
    with open(tmp_path / "file", "w+") as made:
        with_file.append(made)
        yield
        with_file.clear()


Made = Callable[[], Callable[[], object]]
CALLS: dict[str, tuple[Made, Made | None]] = {  # a call that may sleep, and the same so that it does not
    "os.read": (lambda: partial(os.read, pipe()[0], 1), lambda: partial(os.read, made_non_blocking(pipe()[0]), 1)),
    "os.write": (
        lambda: partial(os.write, pipe()[1], b"x"),
        lambda: partial(os.write, made_non_blocking(pipe()[1]), b"x"),
    ),
    "os.readv": (
        lambda: partial(os.readv, pipe()[0], [bytearray(1)]),
        lambda: partial(os.readv, made_non_blocking(pipe()[0]), [bytearray(1)]),
    ),
    "os.waitpid": (lambda: partial(reap, child(), 0), lambda: partial(reap, child(), os.WNOHANG)),
    "os.wait": (lambda: (child(), os.wait)[1], None),
    "os.system": (lambda: partial(os.system, "true"), None),
    "os.lockf": (
        lambda: partial(os.lockf, with_file[0].fileno(), os.F_LOCK, 1),
        lambda: partial(os.lockf, with_file[0].fileno(), os.F_TLOCK, 1),
    ),
    "fcntl.flock": (lambda: partial(flock, fcntl.LOCK_EX), lambda: partial(flock, fcntl.LOCK_EX | fcntl.LOCK_NB)),
    "select.select": (
        lambda: partial(select.select, [pipe()[0]], [], []),
        lambda: partial(select.select, [pipe()[0]], [], [], 0),
    ),
    "signal.sigtimedwait": (
        lambda: partial(signal.sigtimedwait, [signal.SIGUSR1], 0.001),
        lambda: partial(signal.sigtimedwait, [signal.SIGUSR1], 0),
    ),
    **{
        f"{kind.__name__}.select": (lambda kind=kind: select_by(kind, None), lambda kind=kind: select_by(kind, 0))
        for kind in (selectors.SelectSelector, selectors.DefaultSelector)
    },
}


@pytest.mark.usefixtures("file")
@pytest.mark.parametrize("section", [SpinLock, rcu_read_side])
@pytest.mark.parametrize("name", CALLS)
def test_a_system_call_that_may_sleep_is_reported_and_one_that_does_not_is_fine(name: str, section: Section) -> None:
    sleeps, returns = CALLS[name]
    if returns is not None:
        call = returns()
        with section():
            call()
    call = sleeps()
    call()  # nothing is held here
    for descriptor in pipes:
        os.set_blocking(descriptor, True)
    call = sleeps()
    with Mutex():
        call()
    assert found() == []
    call = sleeps()

    with section():
        call()

    assert found() == ["sleep"]


def test_the_wait_for_a_process_is_reported_and_of_one_that_was_waited_for_is_fine() -> None:
    process = subprocess.Popen(["true"])
    with SpinLock():
        process.wait()
    assert found() == ["wait-context", "sleep"]  # subprocess has a lock around the wait

    with SpinLock():
        process.wait()
        process.poll()
    assert len(found()) == 2


@pytest.mark.xfail(strict=True, reason="README, Limitations: methods of objects in C are not seen")
@pytest.mark.parametrize("made", ["file", "poll"])
def test_a_method_of_an_object_in_c_that_sleeps_is_reported(made: str) -> None:
    reads, _ = pipe()
    poll = select.poll()
    poll.register(reads, select.POLLIN)
    with open(reads, "rb", buffering=0, closefd=False) as file:
        call = partial(file.read, 1) if made == "file" else poll.poll

        with SpinLock():
            call()

    assert found() == ["sleep"]


WRONG: list[Callable[[], object]] = [
    lambda: os.read(), lambda: os.read("x", 1), lambda: os.read(-1, 1), lambda: os.read(1 << 40, 1),  # type: ignore
    lambda: os.waitpid(0, "x"), lambda: os.wait3("x"), lambda: select.select([], [], [], "x"),  # type: ignore
    lambda: time.sleep("x"), lambda: os.lockf(-1), lambda: os.sendfile(in_fd=1),  # type: ignore
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(WRONG)))
def test_a_wrong_call_fails_under_a_lock_as_it_does_without_lockdep(number: int) -> None:
    def error() -> tuple[type[BaseException], str]:
        with pytest.raises((OSError, TypeError, ValueError, OverflowError)) as caught:
            WRONG[number]()
        return caught.type, str(caught.value)

    with SpinLock():
        ours = error()
    patch.uninstall()

    assert ours == error()


@pytest.mark.parametrize("call", [os.read, os.waitpid, os.wait3], ids=lambda call: call.__name__)
def test_a_replaced_function_passes_for_the_built_in_one(call: Callable[..., object]) -> None:
    ours = getattr(os, call.__name__)

    assert type(ours) is patch.sleeps.Sleeping
    assert isinstance(ours, types.BuiltinFunctionType)
    assert inspect.isbuiltin(ours)
    if call.__text_signature__ is not None:  # an interpreter may be built without
        assert inspect.signature(ours) == inspect.signature(call)
    assert pickle.loads(pickle.dumps(ours)) is ours
    assert copy.deepcopy(ours) is ours


@pytest.mark.parametrize("timeout", [None, 0.001])
def test_waits_for_an_event_and_an_item_are_found_by_the_locks_inside(timeout: float | None) -> None:
    event, items = threading.Event(), queue.Queue[int]()
    event.set()
    items.put(1)
    with Mutex():
        event.wait(timeout)
        items.get(timeout=timeout)
    items.put(1)
    assert found() == []

    with SpinLock():
        event.wait(timeout)
    with SpinLock():
        items.get(timeout=timeout)

    assert found() == ["wait-context"] * 2


def test_the_join_of_a_thread_that_runs_is_reported_and_of_one_that_has_ended_is_fine() -> None:
    go_on = threading.Event()
    thread = threading.Thread(target=go_on.wait)
    thread.start()
    with SpinLock():
        thread.join(0)
    with Mutex():
        thread.join(0.001)
    assert found() == []

    with SpinLock():
        thread.join(0.001)

    assert found() == ["sleep"]
    go_on.set()
    thread.join()
    with SpinLock():
        thread.join()
    assert found() == ["sleep"]


def test_letting_others_run_is_fine() -> None:
    with SpinLock():
        time.sleep(0)
    assert found() == []


def test_a_traceback_that_is_printed_is_fine() -> None:
    with SpinLock():
        try:
            raise ValueError
        except ValueError:
            traceback.format_exc()
    assert found() == []


def test_a_report_that_reads_sources_reports_nothing_itself() -> None:
    a, b = SpinLock("a"), SpinLock("b")
    with a, b:
        pass
    with b, a:
        str(runtime.findings())
    assert found() == ["circular"]
    with a:
        str(runtime.findings()[0])
    assert found() == ["circular"]


def test_the_replaced_functions_behave_as_before(tmp_path: Path) -> None:
    class Waits:
        pause = time.sleep

    Waits().pause(0)
    with pytest.raises(TypeError):
        time.sleep()  # type: ignore[call-arg]
    with pytest.raises(FileNotFoundError):
        open(tmp_path / "missing")
    assert repr(time.sleep) == "<built-in function sleep>"


REPLACES = """
import time, lockdep
sleep = time.sleep
raw = [sleep]
lockdep.install()
from primitives import Mutex
with Mutex(): time.sleep(0.001)
assert time.sleep is sleep, "nothing here spins"
from primitives import SpinLock
assert time.sleep is not raw[0]
import pickle
assert pickle.loads(pickle.dumps(time.sleep)) is time.sleep
with SpinLock(): sleep(0.001)                 # a copy of the name
assert [one.slug for one in lockdep.findings()] == ["sleep"], lockdep.findings()
copied = time.sleep
lockdep.uninstall()
assert time.sleep is raw[0] is sleep, "uninstall restores it"
assert open.__self__.__name__ in ("io", "_io"), open
with SpinLock(): copied(0.001)
print("done")
"""


def test_nothing_is_replaced_before_something_spins_and_all_is_restored(tmp_path: Path) -> None:
    ended = program(tmp_path, REPLACES, command=PLAIN)
    assert ended.stdout == "done\n", ended.stderr


def test_the_calls_are_restored_in_this_process() -> None:
    assert isinstance(time.sleep, patch.sleeps.Sleeping)
    patch.uninstall()
    assert not isinstance(time.sleep, patch.sleeps.Sleeping)
    assert not isinstance(open, patch.sleeps.Sleeping)
    assert "recv" not in vars(socket.socket)
