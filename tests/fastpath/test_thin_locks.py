"""Thin locks of the pure build: every interleaving of their steps, and real ones with threads switched at every line.

A step is a line of lockdep/fastpath/_pure.py that reads or changes the lock. Each thread takes the lock and frees it;
if it finds the lock held, it gives it a raw lock and sleeps on that. An exception may end this at any step.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.worlds import PLAIN, program


@dataclass(frozen=True, slots=True)
class Thread:
    """at: its next step; thin: what it has read of that when it freed the lock."""

    rounds: int
    at: str = "exchange"
    woken: bool = False
    thin: bool = True


@dataclass(frozen=True, slots=True)
class State:
    """raw: None, or whether the raw lock is taken; tries: whether threads try the raw lock."""

    threads: tuple[Thread, ...]
    vacant: bool = True
    thin: bool = True
    raw: bool | None = None
    tries: bool = False

    def put(self, me: int, at: str, **changes: object) -> State:
        changed = replace(self.threads[me], at=at, **changes)  # type: ignore[arg-type]
        return replace(self, threads=(*self.threads[:me], changed, *self.threads[me + 1 :]))


class Model:
    """With `interrupts` a thread that waits may be interrupted. `rule` names what is done wrong on purpose, if any."""

    def __init__(self, interrupts: bool, rule: str = "") -> None:
        self.interrupts, self.rule = interrupts, rule

    def steps(self, state: State, me: int) -> Iterator[State]:
        """Yield the states to which one step of this thread can lead."""
        at = state.threads[me].at
        if at != "done":
            yield from getattr(self, at)(state, me)
        if self.interrupts and me and at in ("wait", "allocated", "given", "tried", "sleep"):
            yield state.put(me, "done")

    def exchange(self, state: State, me: int) -> Iterator[State]:
        yield replace(state.put(me, "inside" if state.vacant else "try_raw"), vacant=False)

    def try_raw(self, state: State, me: int) -> Iterator[State]:
        if state.tries and state.raw is False:
            yield replace(state.put(me, "inside"), raw=True)
        else:
            yield state.put(me, "sleep" if state.threads[me].woken else "wait")

    def wait(self, state: State, me: int) -> Iterator[State]:
        yield state.put(me, "allocated" if state.thin else "sleep")

    def allocated(self, state: State, me: int) -> Iterator[State]:
        taken = self.rule != "make the raw lock free"
        yield replace(state.put(me, "given"), raw=taken if state.raw is None else state.raw)

    def given(self, state: State, me: int) -> Iterator[State]:
        yield replace(state.put(me, "tried"), tries=True)

    def tried(self, state: State, me: int) -> Iterator[State]:
        again = "sleep" if self.rule == "do not try again" else "exchange"
        yield replace(state.put(me, again, woken=True), thin=False)

    def sleep(self, state: State, me: int) -> Iterator[State]:
        if state.raw is False:
            yield replace(state.put(me, "inside"), raw=True)

    def inside(self, state: State, me: int) -> Iterator[State]:
        yield replace(state.put(me, "free_raw", thin=state.thin), vacant=state.thin)

    def free_raw(self, state: State, me: int) -> Iterator[State]:
        thread = state.threads[me]
        thin = state.thin if self.rule == "ask twice whether it is thin" else thread.thin
        left = thread.rounds - 1
        done = state.put(me, "exchange" if left else "done", rounds=left, woken=False)
        yield done if thin else replace(done, raw=False)


def explore(model: Model, rounds: tuple[int, ...]) -> set[str]:
    """Return what goes wrong: `lost wake-up` if threads sleep for ever, `two inside` if the lock excludes nobody."""
    wrong: set[str] = set()
    todo = [State(tuple(Thread(count) for count in rounds))]
    seen = set(todo)
    while todo:
        state = todo.pop()
        if sum(thread.at == "inside" for thread in state.threads) > 1:
            wrong.add("two inside")
            continue
        after = {new for me in range(len(rounds)) for new in model.steps(state, me)}
        if not after and any(thread.at != "done" for thread in state.threads):
            wrong.add("lost wake-up")
        todo += after - seen
        seen |= after
    return wrong


@pytest.mark.once
@pytest.mark.parametrize("interrupts", [False, True], ids=["waits", "interrupted waits"])
@pytest.mark.parametrize("rounds", [(3, 3), (2, 2, 1)], ids=["two threads", "three threads"])
def test_no_wake_up_is_lost_and_one_thread_is_inside(rounds: tuple[int, ...], interrupts: bool) -> None:
    assert explore(Model(interrupts), rounds) == set()


@pytest.mark.once
@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        ("make the raw lock free", "two inside"),
        ("do not try again", "lost wake-up"),
        ("ask twice whether it is thin", "two inside"),
    ],
)
def test_the_model_sees_what_is_done_wrong(rule: str, wrong: str) -> None:
    assert wrong in explore(Model(False, rule), (2, 2, 1))


TRACED = """
import random, sys, threading, time
from lockdep import fastpath, threading as validated

chance = random.Random(1).random

def trace(frame, event, argument):
    if not frame.f_code.co_filename.endswith(("_pure.py", "_lock.py")):
        return None
    if event == "line" and chance() < 0.2:
        time.sleep(0)                       # lets another thread run
    return trace

def work():
    global total
    start.wait()
    for _ in range(4):
        with lock:
            mine = total
            time.sleep(0)
            total = mine + 1

fat = total = 0
for kind in (validated.Lock, validated.RLock):
    for _ in range(25):
        lock, start = kind(), threading.Barrier(3)
        threading.settrace(trace)
        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        threading.settrace(None)
        for thread in threads:
            thread.join()
        assert not lock.locked()
        fat += not lock.thin
print(total, fat > 0)
"""


@pytest.mark.any_build
def test_threads_may_be_switched_at_every_line(tmp_path: Path) -> None:
    done = program(tmp_path, TRACED, command=PLAIN, LOCKDEP_PURE="1")

    assert done.stdout == "600 True\n", done.stderr


LATE = """
import threading, _thread
from lockdep import fastpath, threading as validated

made = []

class Theirs:
    def __init__(self):
        made.append(self)
        self.depth = 0
    def acquire(self, blocking=True, timeout=-1):
        self.depth += 1
        return True
    def release(self):
        self.depth -= 1
    def locked(self):
        return self.depth > 0
    __enter__ = acquire
    def __exit__(self, *_):
        self.release()

_thread.allocate_lock = threading.Lock = threading.RLock = Theirs
for kind in (validated.Lock, validated.RLock):
    lock = kind()
    with lock:
        print(isinstance(lock, kind), made[-1].depth, lock.locked(), len(fastpath.thread_state().held()))
    with threading.Condition(kind()):
        print(made[-1].depth)
class Mine(validated.Lock):
    pass
with Mine() as taken:
    print(taken, len(made), len(fastpath.thread_state().held()))
"""


@pytest.mark.any_build
def test_locks_made_after_greenlets_have_patched_are_theirs(tmp_path: Path) -> None:
    done = program(tmp_path, LATE, command=PLAIN, LOCKDEP_PURE="1")

    assert done.stdout.splitlines() == ["True 1 True 0", "1", "True 1 True 0", "1", "True 4 1"], done.stderr
