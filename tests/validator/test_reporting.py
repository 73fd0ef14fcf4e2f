"""What happens to findings: reported once, counted, related, suppressed; and what happens when a bound is reached."""

import operator
import threading
from collections.abc import Iterator
from functools import partial

import pytest

import lockdep
from lockdep import fastpath, patch, runtime
from lockdep.validator.validator import Validator
from tests.worlds import Lock, alike, five, found, in_thread, nest, program, world


@pytest.fixture(autouse=True)
def validator() -> Iterator[Validator]:
    with world() as validator:
        yield validator
        assert validator.failures == 0, validator.book.failure


# -- each problem once


def test_a_cycle_is_one_finding_from_wherever_it_is_entered() -> None:
    a, b, c, *_ = five()
    for first, second in ((a, b), (b, c), (c, a)) * 2:
        nest(first, second)
    for first, second in ((c, a), (a, b), (b, c)) * 2:
        in_thread(lambda first=first, second=second: nest(first, second))

    assert found() == ["circular"]


def test_a_release_error_is_counted() -> None:
    lock = Lock()
    for _ in range(3):
        with pytest.raises(RuntimeError):
            lock.release()

    assert [finding.count for finding in runtime.findings()] == [3]


def test_cycles_that_share_a_dependency_refer_to_the_first_one() -> None:
    hub, b, c, d, e = five()
    nest(hub, b)
    nest(b, hub)
    nest(b, c)
    nest(c, hub)  # hub -> b -> c -> hub
    first, second = runtime.findings()

    assert first.related is None
    assert second.related is first
    assert "another cycle through a dependency already reported" in str(runtime.document_of(second))
    assert runtime.text_of(second).count(" (see there)") == 1
    assert "the existing dependency chain" in str(runtime.document_of(first))
    nest(d, e)
    nest(e, d)
    assert runtime.findings()[2].related is None


def test_every_callback_gets_the_finding_although_one_raises() -> None:
    told = []
    undo = [lockdep.on_finding(lambda _: 1 / 0), lockdep.on_finding(told.append)]
    a, b, *_ = five()
    nest(a, b)
    nest(b, a)

    assert told == list(runtime.findings())
    for one in undo:
        one()
        one()
    nest(alike(1)[0])


@pytest.mark.parametrize("warn", [operator.methodcaller("missing"), operator.methodcaller("strip")])
def test_a_failure_reaches_no_program_even_if_it_cannot_be_told(validator: Validator, warn) -> None:
    """Both are functions in C: in the stack of an exception of the program there would be code of the program."""
    validator.warn = warn
    a, b, *_ = five()
    with a:
        validator._soon(fastpath.thread_state(), partial(operator.truediv, 1, 0))
    assert (validator.failures, type(validator.book.failure)) == (1, ZeroDivisionError)
    validator.failures = 0
    nest(a, b)
    nest(b, a)
    assert found() == ["circular"]


def test_a_callback_may_take_locks() -> None:
    a, b, c, *_ = five()
    undo = lockdep.on_finding(lambda _: nest(c, a))
    nest(a, b)
    nest(b, a)
    undo()

    assert found() == ["circular"]
    nest(a, b, c)


def test_a_callback_that_ends_the_thread_is_not_called_again() -> None:
    told, ended = [], []

    def end(finding: object) -> None:
        ended.append(finding)
        raise SystemExit(3)

    undo = [lockdep.on_finding(end), lockdep.on_finding(told.append)]
    a, b, c, *_ = five()
    nest(a, b)
    with pytest.raises(SystemExit):
        nest(b, a)
    runtime.validator().tell_rest()

    assert ended == told == list(runtime.findings())
    undo[0]()
    nest(a, c)
    nest(c, a)
    assert told == list(runtime.findings()), "the next one is told as ever"
    undo[1]()


EXITS = """
import os, sys, threading
import lockdep
def callback(finding):
    print("called", flush=True)
    os._exit(3)
lockdep.on_finding(callback)
lockdep.on_finding(lambda finding: print("called as well", flush=True))
a, b = threading.Lock(), threading.Lock()
with a, b: pass
with ORDER: pass
"""


@pytest.mark.parametrize(
    ("order", "printed", "status"),
    [("b, a", "called\ncalled as well\n", 3), ("a, b", "", 0)],
    ids=["cycle", "no cycle"],
)
def test_a_callback_that_ends_the_process_is_not_called_again(tmp_path, order: str, printed: str, status: int) -> None:
    done = program(tmp_path, EXITS.replace("ORDER", order))

    assert (done.stdout, done.returncode) == (printed, status)
    assert done.stderr.count("possible circular") == (status == 3), "the report is written nevertheless"


# -- suppressed


def test_suppressed_findings_are_counted_and_not_reported() -> None:
    told = []
    undo = lockdep.on_finding(told.append)
    with world(suppress=("circular: left -> right  # harmless", "recursive: nobody")):
        left, right = Lock(name="left"), Lock(name="right")
        nest(left, right)
        nest(right, left)

        assert (found(), told) == ([], [])
        assert "1 suppressed" in runtime.summary()
        assert "unused suppressions: 'recursive: nobody'" in runtime.summary()
    undo()


def test_a_suppression_of_another_dependency_suppresses_nothing() -> None:
    with world(suppress=("circular: left -> middle",)):
        left, right = Lock(name="left"), Lock(name="right")
        nest(left, right)
        nest(right, left)

        assert found() == ["circular"]


def test_a_suppressed_deadlock_does_not_raise() -> None:
    with world(suppress=("recursive: one",), raise_on_deadlock=True):
        one = Lock(name="one")
        with one:
            assert not one.acquire(timeout=0.001)
        left, right = Lock(name="left"), Lock(name="right")
        nest(left, right)
        with pytest.raises(lockdep.DeadlockError):
            nest(right, left)
        assert not left.locked()
        assert not right.locked()


# -- worlds apart


def test_two_validators_share_nothing() -> None:
    a, b, *_ = five()
    nest(a, b)
    with world():
        nest(b, a)
        assert found() == []
        nest(a, b)
        assert found() == ["circular"]
    assert found() == []
    nest(b, a)
    assert found() == ["circular"]


def test_locks_may_be_held_across_a_change_of_validator() -> None:
    a, b, *_ = five()
    with a:
        with world():
            nest(b)
        nest(b)
    with pytest.raises(RuntimeError):
        a.release()
    nest(b, a)

    assert found() == ["release?", "circular"]


def test_reset_forgets_chains_dependencies_and_findings() -> None:
    a, b, *_ = five()
    nest(a, b)
    nest(b, a)
    before = runtime.validator()
    lockdep.reset()
    try:
        assert found() == []
        nest(a, b)
        assert found() == []
        nest(b, a)
        assert found() == ["circular"]
    finally:
        runtime.activate(before)


@pytest.mark.parametrize("most", [0, 1, 3])
def test_a_low_bound_of_chains_hides_no_finding(most: int) -> None:
    with world(max_chains=most) as validator:
        a, b, c, d, e = five()
        for _ in range(2):
            nest(a, b, c)
            nest(c, d)
            nest(b, e)
        assert found() == ["bound?"]
        nest(d, a)
        assert found() == ["bound?", "circular"]
        assert validator.chains <= most
        assert f"max_chains ({most}) reached" in runtime.summary()


def test_one_witness_of_each_dependency_is_enough() -> None:
    with world(max_witnesses=1):
        a, b, *_ = five()
        nest(a, b)
        nest(b, a)
        assert found() == ["circular"]


# -- after uninstall, after fork


def test_locks_work_after_uninstall() -> None:
    validator = runtime.validator()
    patch.install()
    try:
        a, b, condition = threading.Lock(), threading.RLock(), threading.Condition()
        a.acquire()
    finally:
        patch.uninstall()
        runtime.activate(validator)
        runtime.deactivate()
    a.release()
    nest(a, b, condition)
    nest(b, a)
    with condition:
        condition.wait(0)
    assert not a.locked()

    assert found() == []
    runtime.activate(validator)


ENDS_MEANWHILE = """
import os, threading, time
import lockdep
a, b = threading.Lock(), threading.Lock()
tells = threading.Event()
def callback(finding):
    tells.set()
    time.sleep(0.5)
lockdep.on_finding(callback)
def work():
    with a, b: pass
    with b, a: pass
threading.Thread(target=work, daemon=True).start()
tells.wait()
"""


@pytest.mark.parametrize("pure", ["0", "1"])
def test_a_finding_that_another_thread_tells_at_the_end_is_written(tmp_path, pure: str) -> None:
    done = program(tmp_path, ENDS_MEANWHILE, LOCKDEP_PURE=pure)

    assert done.stderr.count("possible circular") == 1
    assert done.returncode == 66


FORK = """
import os, threading, warnings
warnings.simplefilter("ignore", DeprecationWarning)
a = threading.Lock()
b = threading.Lock()
held, go = threading.Event(), threading.Event()
def holder():
    with a, b:
        pass
    with a, b:
        held.set()
        go.wait()
thread = threading.Thread(target=holder)
thread.start()
held.wait()
pid = os.fork()
if pid == 0:
    a._at_fork_reinit()
    b._at_fork_reinit()
    with ORDER:
        pass
    print("child done", flush=True)
    os._exit(0)
_, status = os.waitpid(pid, 0)
go.set()
thread.join()
print("parent done", status)
"""


@pytest.mark.parametrize(("order", "findings"), [("a, b", 0), ("b, a", 1)])
@pytest.mark.parametrize("pure", ["0", "1"])
def test_a_child_works_that_was_forked_while_another_thread_held_a_lock(
    tmp_path, order: str, findings: int, pure: str
) -> None:
    done = program(tmp_path, FORK.replace("ORDER", order), LOCKDEP_PURE=pure)

    assert done.stdout.splitlines() == ["child done", "parent done 0"], done.stderr
    assert done.stderr.count("possible circular") == findings
    assert done.returncode == 66 * findings


FORK_WITHOUT_GRAPH = """
import os, threading, warnings
from lockdep import runtime
warnings.simplefilter("ignore", DeprecationWarning)
a = threading.Lock()
b = threading.Lock()
def nest(first, second):
    with first, second:
        pass
nest(a, b)
graph_lock = runtime.validator()._graph_lock
held, go = threading.Event(), threading.Event()
def hold():
    graph_lock.take(-1)
    held.set()
    go.wait()
    graph_lock.drop()
holder = threading.Thread(target=hold)
holder.start()
held.wait()
pid = os.fork()
if pid == 0:
    nest(a, b)
    nest(ORDER)
    print("child done", flush=True)
    os._exit(0)
_, status = os.waitpid(pid, 0)
go.set()
holder.join()
nest(ORDER)
print("parent done", status)
"""


@pytest.mark.parametrize(("order", "findings"), [("a, b", 0), ("b, a", 1)])
@pytest.mark.parametrize("pure", ["0", "1"])
def test_a_child_forked_without_the_graph_lock_learns_from_the_start(
    tmp_path, order: str, findings: int, pure: str
) -> None:
    done = program(tmp_path, FORK_WITHOUT_GRAPH.replace("ORDER", order), LOCKDEP_PURE=pure)

    assert done.stdout.splitlines() == ["child done", "parent done 0"], done.stderr
    assert done.stderr.count("possible circular") == findings
    assert done.stderr.count("found in prog.py (pid ") == findings  # by the child, which is the first


def test_a_file_name_that_is_no_utf_8_is_told(tmp_path) -> None:
    names: dict = {}
    path = str(tmp_path / "caf\udce9.py")
    exec(compile("def make(Lock):\n  a = Lock()\n  b = Lock()\n  return a, b\n", path, "exec"), names)
    a, b = names["make"](Lock)
    nest(a, b)
    nest(b, a)

    (finding,) = runtime.findings()
    assert len(finding.id) == 12
    assert "caf\udce9.py:2" in str(finding)
    assert "caf\udce9.py:2" in runtime.text_of(finding)
