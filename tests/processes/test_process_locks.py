"""Locks of multiprocessing in several processes: halves of an inversion meet in the merge, sound ones are silent."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockdep.snapshots.snapshot import Snapshot
from tests.processes.runs import run
from tests.worlds import PLAIN, program

pytestmark = [pytest.mark.scenes, pytest.mark.any_build]

HALVES = """
import multiprocessing, threading
def take(first, second):
    with first:
        with second: pass
def take_with_own(first, second):
    own = threading.Lock()
    if first is None:
        with own:
            with second: pass
    else:
        with first:
            with own: pass
if __name__ == "__main__":
    context = multiprocessing.get_context("METHOD")
    a = context.MAKE
    b = context.Lock()
    for work, args in WORK:
        child = context.Process(target=work, args=args)
        child.start()
        child.join()
        assert child.exitcode == 0
"""
INVERSION, SOUND = "[(take, (a, b)), (take, (b, a))]", "[(take, (a, b))] * 2"
WITH_OWN, WITH_OWN_SOUND = (
    "[(take_with_own, (a, None)), (take_with_own, (None, a))]",
    "[(take_with_own, (a, None))] * 2",
)


def halves(method: str, work: str, make: str = "RLock()") -> str:
    return HALVES.replace("METHOD", method).replace("WORK", work).replace("MAKE", make)


@pytest.mark.parametrize(
    ("method", "work"),
    [
        ("fork", INVERSION),
        ("spawn", INVERSION),
        pytest.param("forkserver", INVERSION, marks=pytest.mark.once),
        pytest.param("spawn", WITH_OWN, marks=pytest.mark.once),
    ],
    ids=["fork", "spawn", "forkserver", "with one of threading"],
)
def test_the_halves_of_an_inversion_meet(tmp_path: Path, method: str, work: str) -> None:
    done = run(tmp_path, halves(method, work))

    errors, warnings, _ = done.summary
    assert (done.status, errors, warnings, len(done.findings)) == (66, 1, 0, 1), done.stderr
    assert "prog.py:16 a" in done.findings[0]["classes"]
    assert "ERROR: possible circular locking dependency detected" in done.stderr  # the style for locks of programs


@pytest.mark.parametrize(
    ("method", "work"),
    [("fork", SOUND), ("spawn", SOUND), pytest.param("spawn", WITH_OWN_SOUND, marks=pytest.mark.once)],
    ids=["fork", "spawn", "with one of threading"],
)
def test_one_order_in_all_processes_is_sound(tmp_path: Path, method: str, work: str) -> None:
    done = run(tmp_path, halves(method, work))

    assert (done.status, done.summary[:2], done.findings) == (0, (0, 0), []), done.stderr


@pytest.mark.once
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_halves_through_a_semaphore_of_several_units_close_no_circle(tmp_path: Path, method: str) -> None:
    """Nobody knows how many units all processes want at once: here it is one of two."""
    snapshot = tmp_path / "seen.json"
    done = run(tmp_path, halves(method, INVERSION, "Semaphore(2)"), "--snapshot", str(snapshot))

    assert (done.status, done.summary[:2], done.findings) == (0, (0, 0), []), done.stderr
    assert len(Snapshot.load(snapshot).dependencies) == 2  # they are known


@pytest.mark.once
def test_each_kind_is_known_to_a_spawned_child(tmp_path: Path) -> None:
    kinds = "Lock()", "Semaphore(1)", "BoundedSemaphore(1)", "Condition()"
    makes = "".join(f"    a{at} = context.{kind}\n" for at, kind in enumerate(kinds))
    pairs = [f"(take, (a{at}, b)), (take, (b, a{at}))" for at in range(len(kinds))]
    source = halves("spawn", f"[{', '.join(pairs)}]").replace("    b = ", f"{makes}    b = ")
    done = run(tmp_path, source)
    found = {name.split()[-1] for finding in done.findings for name in finding["classes"]}
    assert (done.status, len(done.findings), found) == (66, 4, {"a0", "a1", "a2", "a3", "b"}), done.stderr


@pytest.mark.once
def test_children_that_are_not_part_of_the_run_get_their_locks(tmp_path: Path) -> None:
    done = run(tmp_path, halves("spawn", INVERSION), "--no-children")
    assert (done.status, done.summary[:2]) == (0, (0, 0)), done.stderr


EVERYTHING = """
import multiprocessing, threading
from concurrent.futures import ProcessPoolExecutor
def work(queue, tasks, simple, condition, event, barrier, units, value):
    for number in range(3):
        queue.put(number)
        simple.put(number)
    tasks.get()
    tasks.task_done()
    with condition:
        condition.notify_all()
    event.set()
    barrier.wait(60)
    with units, value.get_lock():
        value.value += 1
def square(number):
    return number * number
def inside(own, lock):
    with own or threading.Lock():
        pass
    with lock:
        pass
if __name__ == "__main__":
    context = multiprocessing.get_context("METHOD")
    queue, tasks, simple = context.Queue(6), context.JoinableQueue(), context.SimpleQueue()
    condition, event, barrier = context.Condition(), context.Event(), context.Barrier(3)
    units, value = context.Semaphore(2), context.Value("i", 0)
    shared = queue, tasks, simple, condition, event, barrier, units, value
    children = [context.Process(target=work, args=shared) for _ in range(2)]
    tasks.put(1)
    tasks.put(2)
    with condition:
        for child in children:
            child.start()
        assert condition.wait(60)
    assert sorted(queue.get() for _ in range(6)) == sorted(simple.get() for _ in range(6))
    assert event.wait(60)
    barrier.wait(60)
    tasks.join()
    for child in children:
        child.join()
    assert value.value == 2
    with context.Pool(1) as pool:
        assert pool.map(square, range(4)) == [0, 1, 4, 9]
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        assert list(pool.map(square, range(4))) == [0, 1, 4, 9]
    own, lock = threading.Lock(), context.Lock()
    with lock:  # the parent holds it, the child does not
        child = context.Process(target=inside, args=(own if "METHOD" == "fork" else None, lock))
        child.start()
    child.join()
    with lock, own:
        pass
    print("done", child.exitcode)
"""


@pytest.mark.parametrize("method", ["fork", "spawn", pytest.param("forkserver", marks=pytest.mark.once)])
def test_everything_that_is_made_of_them_works_and_is_silent(tmp_path: Path, method: str) -> None:
    """But for a finalizer of Queue, which takes the lock of its thread, as without tracked locks."""
    source = EVERYTHING.replace("METHOD", method)
    plain = program(tmp_path, source, command=PLAIN)
    done = run(tmp_path, source)
    assert (plain.stdout, done.stdout, done.status) == ("done 0\n", "done 0\n", 0), done.stderr
    assert {finding["slug"] for finding in done.findings} <= {"usage"}, done.stderr
