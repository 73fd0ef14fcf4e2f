"""A wait under a lock that somebody wants who holds what the signaller needs; each circle has twins that are none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from itertools import permutations
from pathlib import Path

import pytest

from lockdep.threading import Condition, Lock
from lockdep.validator.validator import Validator
from lockdep.violations.finding import Finding
from tests.worlds import in_thread, nest, program, world


class Scene:
    """A condition whose waiter holds one lock, and whose signaller holds another one."""

    def __init__(self) -> None:
        self.held, self.needed, self.between, self.gate = Lock("held"), Lock("needed"), Lock("between"), Lock("gate")
        self.turn = Condition(Lock("turn"))

    def wait(self, *more: Lock) -> None:
        """Wait for a short time: that is a stall, and lets a test go on."""
        with ExitStack() as stack:
            for lock in (*more, self.held, self.turn):
                stack.enter_context(lock)  # type: ignore[arg-type]
            self.turn.wait(0.001)

    def signal(self, *locks: Lock) -> None:
        with ExitStack() as stack:
            for lock in (*(locks or (self.needed,)), self.turn):
                stack.enter_context(lock)  # type: ignore[arg-type]
            self.turn.notify_all()


Play = Callable[[Scene], None]


def played(*moves: Play, here: Sequence[Play] = ()) -> tuple[Finding, ...]:
    """Return what is found of these moves, each in a thread of its own but for those that are done `here`."""
    with world() as validator:
        scene = Scene()
        for move in moves:
            if move in here:
                move(scene)
            else:
                in_thread(lambda move=move: move(scene))  # type: ignore[misc]
        return found_by(validator)


def found_by(validator: Validator) -> tuple[Finding, ...]:
    found = validator.findings()
    assert validator.failures == 0, validator.book.failure
    return found


def waits(scene: Scene) -> None:
    scene.wait()


def signals(scene: Scene) -> None:
    scene.signal()


def nests(scene: Scene) -> None:
    nest(scene.needed, scene.held)


def nests_and_signals(scene: Scene) -> None:
    nest(scene.needed, scene.held)
    scene.signal()


@pytest.mark.parametrize("moves", list(permutations([waits, signals, nests])))
def test_the_circle_is_found_whatever_comes_last(moves: tuple[Play, ...]) -> None:
    (finding,) = played(*moves)
    assert (finding.slug, finding.grade) == ("wait", "stall")
    assert finding.classes == ("held", "needed", "event:turn")


def test_it_is_found_over_two_dependencies() -> None:
    def first(scene: Scene) -> None:
        nest(scene.needed, scene.between)

    def second(scene: Scene) -> None:
        nest(scene.between, scene.held)

    for moves in permutations([waits, signals, first, second]):
        (finding,) = played(*moves)
        assert finding.classes[:3] == ("held", "needed", "between")


def test_the_signaller_may_be_the_one_that_nests() -> None:
    assert [finding.slug for finding in played(waits, nests_and_signals)] == ["wait"]


def signals_and_nests(scene: Scene) -> None:
    """Signal, and want the waiter's lock then, with the same lock still held."""
    with scene.needed:
        with scene.turn:
            scene.turn.notify_all()
        nest(scene.held)


def nests_the_other_way(scene: Scene) -> None:
    nest(scene.held, scene.needed)


def signals_freely(scene: Scene) -> None:
    scene.signal(scene.between)


def waits_at_the_gate(scene: Scene) -> None:
    scene.wait(scene.gate)


def nests_at_the_gate(scene: Scene) -> None:
    nest(scene.gate, scene.needed, scene.held)


def nests_another(scene: Scene) -> None:
    nest(Lock("needed", key="needed"), scene.held)


def tries(scene: Scene) -> None:
    with scene.needed:
        assert scene.held.acquire(blocking=False)
        scene.held.release()


@pytest.mark.parametrize(
    "moves",
    [
        (waits, signals, nests_the_other_way),
        (waits, signals, signals_freely, nests),
        (waits_at_the_gate, signals, nests_at_the_gate),
        (waits, signals, tries),
        (waits, signals_and_nests),
        (waits, nests),
        (signals, nests),
    ],
    ids=lambda moves: "-".join(move.__name__ for move in moves),
)
def test_what_is_no_circle_is_silent(moves: tuple[Play, ...]) -> None:
    assert played(*moves) == ()


def test_a_thread_that_both_waits_and_nests_is_silent() -> None:
    assert played(waits, signals, nests, here=[waits, nests]) == ()


def test_a_signal_without_the_needed_lock_excuses_it() -> None:
    with world() as validator:
        scene = Scene()
        for move in (waits, signals, nests):
            in_thread(lambda move=move: move(scene))  # type: ignore[misc]
        (finding,) = found_by(validator)
        assert finding.grade == "stall"
        in_thread(lambda: signals_freely(scene))
        assert (finding.grade, finding.reason) == ("excused", "signal: another thread has signalled it without needed")


STARTS = """
import threading

held, needed = threading.RLock(), threading.Lock()
started, done = threading.Event(), threading.Event()

def nest():
    needed.acquire()
    with held:
        pass
    needed.release()

def wait():
    with held:
        started.set()
        done.wait()

nest()
FIRST
thread = threading.Thread(target=wait)
thread.start()
started.wait()
THEN
while not done._cond._waiters:
    pass
done.set()
needed.release()
thread.join()
"""


@pytest.mark.parametrize(
    ("first", "then", "count"),
    [
        ("needed.acquire()", "", 0),
        ("", "needed.acquire()", 1),
        ("needed.acquire()", "needed.release(); needed.acquire()", 1),
    ],
    ids=["before the start", "after it", "again after it"],
)
def test_a_signaller_that_has_started_the_waiter_under_the_needed_lock(
    tmp_path: Path, first: str, then: str, count: int
) -> None:
    done = program(tmp_path, STARTS.replace("FIRST", first).replace("THEN", then))
    assert done.stderr.count("ERROR: possible deadlock: waiting for a signal that needs a held lock") == count
    assert done.returncode == (66 if count else 0), done.stderr
