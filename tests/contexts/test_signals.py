"""Signal handlers: a lock that a handler takes, and the main thread in ordinary code; and what programs see of ours."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import lockdep
from lockdep.contexts import signals, simulated
from lockdep.fastpath import BUILD, HAS_GIL, Handler, exposed, thread_state
from primitives import RWLock, RWSem, SeqCount, SeqLock
from tests.worlds import PLAIN, found, in_thread, patched_world, program

NUMBER = signal.SIGUSR1


@pytest.fixture(autouse=True)
def validator() -> Iterator[lockdep.Validator]:
    before = signal.getsignal(NUMBER)
    with patched_world() as chosen:
        yield chosen
        signal.signal(NUMBER, before)
        assert thread_state().held() == []
        assert thread_state().running > 0
    assert chosen.failures == 0, chosen.book.failure


def use(*locks: Any) -> None:
    for lock in locks:
        with lock:
            pass


def on_signal(*work: Callable[[], object]) -> None:
    signal.signal(NUMBER, lambda _signum, _frame: [each() for each in work])


def send() -> None:
    os.kill(os.getpid(), NUMBER)


# -- what is found, and its twins


@pytest.mark.parametrize("first", ["handler", "main"])
def test_a_lock_of_a_handler_that_the_main_thread_takes_is_found(first: str) -> None:
    lock = threading.Lock()
    on_signal(lambda: use(lock))
    for step in (send, lambda: use(lock)) if first == "handler" else (lambda: use(lock), send):
        assert found() == []
        step()
    assert found() == ["usage"]
    assert "taken by the handler of SIGUSR1" in str(lockdep.findings()[0])


def test_the_report_says_where_the_handler_interrupted_the_thread() -> None:
    lock = threading.Lock()
    on_signal(lambda: use(lock))
    send()
    use(lock)
    text = str(lockdep.findings()[0])
    assert "inconsistent {IN-SIGNAL-W} -> {SIGNAL-ON-W} usage." in text
    after = text.partition("This interrupted the code at:")[2]
    assert "in send" in after.splitlines()[1]


def test_a_lock_that_the_main_thread_took_long_before_is_found_though_another_thread_took_it_since() -> None:
    lock = threading.Lock()
    on_signal(lambda: use(lock))
    use(lock)
    in_thread(lambda: use(lock))
    send()
    assert found() == ["usage"]


def test_a_lock_that_only_other_threads_take_is_silent() -> None:
    lock = threading.Lock()
    on_signal(lambda: use(lock))
    in_thread(lambda: use(lock))
    send()
    in_thread(lambda: use(lock))
    assert found() == []


def test_a_lock_that_the_main_thread_takes_after_another_one_is_found() -> None:
    lock = threading.Lock()
    on_signal(lambda: use(lock))
    send()
    in_thread(lambda: use(lock))
    use(lock)
    assert found() == ["usage"]


@pytest.mark.parametrize("again", [False, True], ids=["new", "kept"])
def test_a_lock_that_each_handler_makes_is_silent(again: bool) -> None:
    made: list[Any] = []

    def take() -> None:
        if not (made and again):
            made.append(threading.Lock())
        use(made[-1])

    on_signal(take)
    for _ in range(2):
        send()
        use(made[-1])
    assert found() == (["usage"] if again else [])  # the second handler can interrupt who holds the lock of the first


def test_a_lock_that_only_the_handler_uses_is_silent() -> None:
    lock = threading.Lock()
    on_signal(lambda: use(lock))
    for _ in range(3):
        send()
    assert found() == []


def test_a_lock_that_the_main_thread_took_before_there_was_a_handler_is_silent(tmp_path: Path) -> None:
    source = """
import os
import signal
import threading

lock = threading.Lock()


def handler(signum, frame):
    with lock:
        pass


with lock:
    pass
signal.signal(signal.SIGUSR1, handler)
os.kill(os.getpid(), signal.SIGUSR1)
"""
    assert "0 errors" in program(tmp_path, source).stderr


def test_locks_of_one_line_are_told_apart() -> None:
    mine, others = (threading.Lock() for _ in range(2))
    on_signal(lambda: use(mine))
    use(others)
    send()
    use(others)
    assert found() == []
    use(mine)
    assert found() == ["usage"]


def test_a_try_in_the_handler_is_silent_and_one_in_ordinary_code_is_not() -> None:
    lock, other = threading.Lock(), threading.Lock()

    def attempt(lock: Any) -> None:
        assert lock.acquire(blocking=False)
        lock.release()

    on_signal(lambda: attempt(lock), lambda: use(other))
    use(lock)
    send()
    use(lock)
    assert found() == []
    attempt(other)
    assert found() == ["usage"]


def test_a_wait_with_a_timeout_in_the_handler_is_a_stall() -> None:
    lock = threading.Lock()

    def wait_briefly() -> None:
        assert lock.acquire(timeout=1)
        lock.release()

    on_signal(wait_briefly)
    send()
    use(lock)
    assert found() == ["usage?"]
    assert lockdep.findings()[0].grade == "stall"


def test_an_rlock_is_silent() -> None:
    lock, condition = threading.RLock(), threading.Condition()
    on_signal(lambda: use(lock, condition))
    use(lock, condition)
    with lock:
        send()
    use(lock, condition)
    assert found() == []


def test_an_event_that_the_handler_sets_and_the_main_thread_waits_for_is_found() -> None:
    event = threading.Event()
    on_signal(event.set)
    event.wait(0)
    send()
    assert event.wait(0)
    assert found() == ["usage"]


def test_a_handler_that_waits_for_what_it_interrupted_is_reported_while_it_waits() -> None:
    lock = threading.Lock()

    def wait_briefly() -> None:
        assert not lock.acquire(timeout=0.01)

    on_signal(wait_briefly)
    with lock:
        send()
        assert "recursive?" in found()


def test_a_nested_handler_is_seen_and_the_outer_one_goes_on_in_its_context() -> None:
    inner, outer = threading.Lock(), threading.Lock()
    depths = []

    def nested(_signum: int, _frame: Any) -> None:
        use(inner)
        depths.append(thread_state().running)

    before = signal.signal(signal.SIGUSR2, nested)
    try:
        on_signal(lambda: os.kill(os.getpid(), signal.SIGUSR2), lambda: use(outer))
        send()
    finally:
        signal.signal(signal.SIGUSR2, before)
    assert depths == [-2]
    use(inner)
    use(outer)
    assert [finding.violation.lock_class for finding in lockdep.findings()] == [
        inner.entry.lock_class, outer.entry.lock_class,
    ]  # fmt: skip


def test_an_exception_of_a_handler_leaves_the_main_thread_in_ordinary_code() -> None:
    lock = threading.Lock()

    def fail() -> None:
        use(lock)
        raise KeyError

    on_signal(fail)
    with pytest.raises(KeyError):
        send()
    assert thread_state().running == exposed()
    use(lock)
    assert found() == ["usage"]


def test_what_a_handler_interrupted_is_held_as_before() -> None:
    held, lock = threading.Lock(), threading.Lock()
    on_signal(lambda: use(lock))
    with held:
        send()
        assert [serial for _, serial in thread_state().held()] == [held.serial]
        assert lockdep.is_held(held) == 1
    assert found() == []
    with held:
        use(lock)
    assert found() == ["usage"]


def test_a_handler_inside_simulated_interrupts_leaves_them_as_they_were() -> None:
    simulated.local_irq_disable()
    on_signal(lambda: use(threading.Lock()))
    send()
    assert simulated.irqs_disabled()
    simulated.local_irq_enable()
    simulated.forget()
    assert found() == []


# -- what the program says


def test_a_lock_that_is_said_to_be_safe_is_silent() -> None:
    lock, other = threading.Lock(), threading.Lock()
    lockdep.reentrant_safe(lock, "the handler asks a flag first")
    on_signal(lambda: use(lock, other))
    use(lock)
    send()
    use(lock)
    assert found() == []
    use(other)
    assert found() == ["usage"]


def test_a_lock_is_not_safe_without_a_reason() -> None:
    with pytest.raises(ValueError, match="reason"):
        lockdep.reentrant_safe(threading.Lock(), " ")
    with pytest.raises(TypeError):
        lockdep.reentrant_safe(object(), "no lock at all")


def test_code_that_nothing_interrupts_may_share_locks_with_a_handler() -> None:
    before, after, other = threading.Lock(), threading.Lock(), threading.Lock()
    on_signal(lambda: use(before, after, other))
    with lockdep.not_interrupted():
        use(before)
    send()
    with lockdep.not_interrupted(), lockdep.not_interrupted():
        use(before, after)
    with pytest.raises(KeyError), lockdep.not_interrupted():
        raise KeyError
    assert found() == []
    use(other)
    assert found() == ["usage"]


# -- signals that are blocked


def test_signals_that_the_only_thread_blocks_are_off(tmp_path: Path) -> None:
    assert "0 errors" in program(tmp_path, BLOCKED.replace("OTHERS", "0")).stderr


PARTLY = """
import os, signal, threading

one, other = threading.Lock(), threading.Lock()

def handle(number, lock):
    def handler(signum, frame):
        with lock:
            pass
    signal.signal(number, handler)
    os.kill(os.getpid(), number)

handle(signal.SIGUSR1, one)
handle(signal.SIGUSR2, other)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
for _ in range(2):
    with one:
        pass
with MIDDLE:
    pass
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
with other:
    pass
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGUSR1, signal.SIGUSR2])
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
with LAST:
    pass
"""


@pytest.mark.parametrize(
    ("middle", "last", "told"),
    [("one", "one", "1 error,"), ("one", "threading.Lock()", "0 errors"), ("other", "threading.Lock()", "1 error,")],
)
def test_a_blocked_signal_excuses_its_own_handler_only(tmp_path: Path, middle: str, last: str, told: str) -> None:
    source = PARTLY.replace("MIDDLE", middle).replace("LAST", last)
    assert told in (done := program(tmp_path, source)).stderr, done.stderr


def test_signals_that_only_one_of_the_threads_blocks_are_on(tmp_path: Path) -> None:
    assert "1 error," in program(tmp_path, BLOCKED.replace("OTHERS", "1")).stderr


BLOCKED = """
import os
import signal
import threading

lock, end = threading.Lock(), threading.Event()


def handler(signum, frame):
    with lock:
        pass


signal.signal(signal.SIGUSR1, handler)
for _ in range(OTHERS):
    threading.Thread(target=end.wait).start()
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
with lock:
    pass
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGUSR1])
os.kill(os.getpid(), signal.SIGUSR1)
end.set()
"""


# -- what programs see of it


def test_signal_and_getsignal_return_the_programs_own_handler() -> None:
    def mine(_signum: int, _frame: Any) -> None: ...

    before = signal.signal(NUMBER, mine)
    assert not isinstance(before, Handler)
    assert signal.getsignal(NUMBER) is mine
    assert signal.signal(NUMBER, signal.SIG_IGN) is mine
    assert signal.getsignal(NUMBER) is signal.SIG_IGN
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_handler_gets_its_arguments_and_the_frame_that_it_interrupted() -> None:
    seen: list[Any] = []
    signal.signal(NUMBER, lambda *arguments: seen.extend(arguments))
    send()
    assert seen[0] == NUMBER
    assert seen[1].f_code.co_name == "send"


@pytest.mark.parametrize("wrong", [("x", lambda: None), (NUMBER, "x"), (9999, lambda: None), (NUMBER, 77)])
def test_wrong_arguments_raise_what_they_raise_without_lockdep(wrong: tuple[Any, Any]) -> None:
    with pytest.raises((TypeError, ValueError)) as ours:
        signal.signal(*wrong)
    signals.leave()
    try:
        with pytest.raises((TypeError, ValueError)) as theirs:
            signal.signal(*wrong)
    finally:
        signals.follow(lockdep.patch.changes.Changes())
    assert (type(ours.value), str(ours.value)) == (type(theirs.value), str(theirs.value))


def test_uninstall_restores_the_handlers_and_the_functions(tmp_path: Path) -> None:
    done = program(tmp_path, UNINSTALLED, command=PLAIN)
    assert (done.returncode, done.stdout, done.stderr) == (0, "True True True True\n", "")


UNINSTALLED = """
import signal
import _signal
import _thread
import lockdep


def now():
    return _signal.signal, _signal.getsignal, _signal.pthread_sigmask, _thread.interrupt_main


def handler(signum, frame): ...


signal.signal(signal.SIGUSR1, handler)
functions = now()
lockdep.install()
inside = not set(functions) & set(now())
same = signal.getsignal(signal.SIGUSR1) is handler
lockdep.uninstall()
print(inside, same, _signal.getsignal(signal.SIGUSR1) is handler, functions == now())
"""


def test_a_handler_that_was_installed_before_is_followed(tmp_path: Path) -> None:
    source = """
import os
import signal
import lockdep

def handler(signum, frame):
    with lock:
        pass

signal.signal(signal.SIGUSR1, handler)
lockdep.install()
import threading
lock = threading.Lock()
with lock:
    pass
os.kill(os.getpid(), signal.SIGUSR1)
print(*(finding.slug for finding in lockdep.findings()))
"""
    assert program(tmp_path, source, command=PLAIN).stdout == "usage\n"


def test_a_callback_of_an_event_loop_is_no_handler(tmp_path: Path) -> None:
    source = """
import asyncio
import os
import signal
import threading

lock = threading.Lock()


def add():
    with lock:
        pass


async def main():
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, add)
    add()
    os.kill(os.getpid(), signal.SIGUSR1)
    await asyncio.sleep(0.05)
    add()


asyncio.run(main())
"""
    done = program(tmp_path, source)
    assert (done.returncode, "0 errors" in done.stderr) == (0, True), done.stderr


@pytest.mark.parametrize("who", ["main", "other"])
def test_a_child_is_interrupted_in_its_only_thread(tmp_path: Path, who: str) -> None:
    done = program(tmp_path, FORKS.replace("WHO", repr(who)))
    assert done.stdout == "usage\n", done.stderr


FORKS = """
import os
import signal
import threading
import lockdep

lock = threading.Lock()


def handler(signum, frame):
    with lock:
        pass


def fork():
    child = os.fork()
    if child == 0:
        with lock:
            pass
        os.kill(os.getpid(), signal.SIGUSR1)
        for _ in range(10):
            pass
        print(*(finding.slug for finding in lockdep.findings()), flush=True)
        os._exit(0)
    os.waitpid(child, 0)


signal.signal(signal.SIGUSR1, handler)
if WHO == "main":
    fork()
else:
    thread = threading.Thread(target=fork)
    thread.start()
    thread.join()
"""


# -- inside the validator's own work


def test_a_handler_in_the_middle_of_a_judgement_is_no_harm(validator: lockdep.Validator) -> None:
    lock, mine = threading.Lock(), threading.Lock()
    on_signal(lambda: use(mine))
    work = validator.rules.validate

    def validate(*arguments: Any) -> None:
        send()
        work(*arguments)

    validator.rules.validate = validate  # type: ignore[method-assign]
    use(lock, mine)
    del validator.rules.validate  # type: ignore[method-assign]
    send()
    use(mine)
    assert found() == ["usage"]


def test_nothing_is_judged_or_told_inside_a_handler() -> None:
    lock, running = threading.Lock(), []
    forget = lockdep.on_finding(lambda _: running.append(thread_state().running))
    on_signal(lambda: use(lock), lambda: use(threading.Lock()))
    use(lock)
    send()
    use(lock)
    forget()
    assert running
    assert min(running) > 0


@pytest.mark.skipif(BUILD == "pure", reason="there, a handler can end the end of another one")
@pytest.mark.skipif(not HAS_GIL, reason="an exception of a handler can leave its try statement, also without lockdep")
def test_a_storm_of_handlers_that_raise_leaves_the_thread_in_ordinary_code(tmp_path: Path) -> None:
    done = program(tmp_path, STORM, command=PLAIN)
    assert (done.returncode, done.stdout) == (0, "True True False False ['usage']\n"), done.stderr


STORM = """
import itertools
import signal
import time
import lockdep

lockdep.install()
import threading

mine, other = threading.Lock(), threading.Lock()
count = itertools.count(1)
may_raise, raised = [], []


def handler(signum, frame):
    with mine:
        pass
    # From 3.14 on, an exception can leave the line of a `with` before its block begins, and the lock would stay locked.
    in_loop = frame.f_code is spin.__code__ and frame.f_lineno == spin.__code__.co_firstlineno + 2
    raises = next(count) % 3 == 0 and may_raise and in_loop
    if time.monotonic() < end:  # no interval: a slow machine would have handlers in handlers without end
        signal.setitimer(signal.ITIMER_REAL, 0.0005)
    if raises:
        may_raise.clear()
        raised.append(signum)
        raise KeyError


def take():
    for lock in (other, mine):
        with lock:
            pass


def spin():  # since 3.13 the jump back of a loop is in no try block around it
    may_raise.append(True)
    while time.monotonic() < end:
        with other:
            pass
    may_raise.clear()


signal.signal(signal.SIGALRM, handler)
end = time.monotonic() + 1
signal.setitimer(signal.ITIMER_REAL, 0.0005)
while time.monotonic() < end:
    try:
        spin()
    except KeyError:
        pass
signal.setitimer(signal.ITIMER_REAL, 0)
state = lockdep.fastpath.thread_state()
ordinary = state.running > 0
take()
print(ordinary, len(raised) > 9, mine.locked(), other.locked(), [found.slug for found in lockdep.findings()])
"""


# -- readers


def times(lock: RWLock | RWSem, *, writing: bool) -> None:
    with lock.write() if writing else lock.read():
        pass


@pytest.mark.parametrize("kind", [RWLock, RWSem])
@pytest.mark.parametrize("inside", ["read", "write"])
@pytest.mark.parametrize("outside", ["read", "write"])
@pytest.mark.parametrize("first", ["handler", "main"])
def test_readers_alone_are_silent(kind: Any, inside: str, outside: str, first: str) -> None:
    lock = kind()
    on_signal(lambda: times(lock, writing=inside == "write"))
    ordinary = partial(times, lock, writing=outside == "write")
    for step in (send, ordinary) if first == "handler" else (ordinary, send):
        step()
    assert found() == ([] if inside == outside == "read" else ["usage"])


@pytest.mark.parametrize("kind", [RWLock, RWSem])
@pytest.mark.parametrize("first", ["handler", "main"])
def test_readers_wait_for_each_other_only_where_a_writer_goes_first(kind: Any, first: str) -> None:
    lock = kind()
    on_signal(lambda: times(lock, writing=False))
    in_thread(partial(times, lock, writing=True))
    ordinary = partial(times, lock, writing=False)
    for step in (send, ordinary) if first == "handler" else (ordinary, send):
        step()
    assert found() == (["usage"] if kind is RWSem else [])


def test_a_reader_that_writes_later_is_found() -> None:
    lock = RWLock()
    on_signal(lambda: times(lock, writing=False))
    times(lock, writing=False)
    times(lock, writing=True)
    times(lock, writing=False)
    assert found() == []
    send()
    assert found() == ["usage"]


@pytest.mark.parametrize("kind", [SeqCount, SeqLock])
def test_a_reader_of_what_the_main_thread_writes_is_found(kind: Any) -> None:
    clock = kind()
    on_signal(clock.read_begin)
    with clock.writing() if kind is SeqCount else clock:
        pass
    send()
    assert found() == ["usage"]


@pytest.mark.parametrize("kind", [SeqCount, SeqLock])
def test_a_reader_of_what_another_thread_writes_is_silent(kind: Any) -> None:
    clock = kind()
    on_signal(clock.read_begin)

    def write() -> None:
        with clock.writing() if kind is SeqCount else clock:
            pass

    in_thread(write)
    clock.read_begin()
    send()
    clock.read_begin()
    assert found() == []
