"""Every interleaving of the word of an ExclusiveLock with waiters that take it before they have the GIL.

A step with the GIL is one section, except where a waiter without the GIL can see it half done: a release offers the
word, marks a waiter as called and wakes it, one store after the other. Whom it calls, and whether it hands the word
over, is left open, and so is the moment at which a wait times out. See ld_wait in _parking.h and HandoffQueue.serve.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

FREE, HELD, OFFERED = range(3)


@dataclass(frozen=True, slots=True)
class Thread:
    """at: what it does next; whom: the waiter that its release serves; the rest is its entry in the queue."""

    rounds: int
    at: str = "start"
    whom: int = -1
    awake: bool = False
    token: bool = False
    called: bool = False
    granted: bool = False


@dataclass(frozen=True, slots=True)
class State:
    threads: tuple[Thread, ...]
    word: int = FREE
    queue: tuple[int, ...] = ()
    gil: int = -1

    def put(self, me: int, **changes: object) -> State:
        changed = replace(self.threads[me], **changes)  # type: ignore[arg-type]
        return replace(self, threads=(*self.threads[:me], changed, *self.threads[me + 1 :]))

    def without(self, me: int) -> State:
        return replace(self, queue=tuple(other for other in self.queue if other != me))


class Model:
    """With `timeouts` thread 1 may give up, and no other. `rule` names what is done wrong on purpose, if anything."""

    def __init__(self, timeouts: bool, rule: str = "") -> None:
        self.timeouts, self.rule = timeouts, rule

    def steps(self, state: State, me: int) -> Iterator[State]:
        """Yield the states to which one step of this thread can lead."""
        at = state.threads[me].at
        if at in ("sleep", "look", "reset", "last"):
            yield from self.without_gil(state, me)
        elif state.gil in (-1, me) and at != "done":
            yield from getattr(self, at)(state, me)

    def without_gil(self, state: State, me: int) -> Iterator[State]:
        thread = state.threads[me]
        can_take = thread.granted or state.word == OFFERED
        if thread.at == "sleep":
            if thread.token:
                yield state.put(me, at="last" if self.rule == "reset after the last look" else "look", token=False)
            if self.timeouts and me == 1:
                yield state.put(me, at="expired")
        elif thread.at == "reset":
            after = "sleep" if self.rule == "reset after the last look" else "last"
            yield state.put(me, at=after, called=False)
        elif can_take:
            yield replace(state.put(me, at="took"), word=HELD)
        elif self.rule == "reset after the last look":
            yield state.put(me, at="reset")
        else:
            yield state.put(me, at="reset" if thread.at == "look" else "sleep")

    def start(self, state: State, me: int) -> Iterator[State]:
        if state.word == OFFERED and self.rule == "take an offered word by plain stores":
            yield replace(state.put(me, at="store"), gil=me)
        elif state.word != HELD:
            yield replace(state.put(me, at="inside"), word=HELD)
        else:
            fresh = state.put(me, at="sleep", token=False, called=False, granted=False)
            yield replace(fresh, queue=(*state.queue, me))

    def store(self, state: State, me: int) -> Iterator[State]:
        yield replace(state.put(me, at="inside"), word=HELD, gil=-1)

    def took(self, state: State, me: int) -> Iterator[State]:
        yield state.without(me).put(me, at="inside", granted=False)

    def expired(self, state: State, me: int) -> Iterator[State]:
        rest = state.without(me)
        if state.threads[me].granted:
            yield rest.put(me, at="inside", granted=False)
            return
        if state.word == HELD or self.rule == "keep a call to itself":
            yield rest.put(me, at="done")
            return
        for whom in rest.queue[:1]:
            if not state.threads[whom].called:
                rest = rest.put(whom, called=True, token=True)
        yield replace(rest.put(me, at="inside"), word=HELD)

    def inside(self, state: State, me: int) -> Iterator[State]:
        if not state.queue:
            yield replace(self.next_round(state, me), word=FREE)
        for whom in state.queue:
            busy = replace(state.put(me, at="offer", whom=whom, awake=state.threads[whom].called), gil=me)
            yield busy
            if not state.threads[whom].called:
                yield busy.put(whom, granted=True).put(me, at="call")

    def offer(self, state: State, me: int) -> Iterator[State]:
        yield replace(state.put(me, at="call"), word=OFFERED)

    def call(self, state: State, me: int) -> Iterator[State]:
        whom = state.threads[me].whom
        early = self.rule == "look before the offer whether it is called"
        if state.threads[me].awake if early else state.threads[whom].called:
            yield self.next_round(state, me)
        else:
            yield state.put(whom, called=True).put(me, at="wake")

    def wake(self, state: State, me: int) -> Iterator[State]:
        yield self.next_round(state.put(state.threads[me].whom, token=True), me)

    def next_round(self, state: State, me: int) -> State:
        left = state.threads[me].rounds - 1
        return replace(state.put(me, at="start" if left else "done", whom=-1, rounds=left), gil=-1)


def explore(model: Model, rounds: tuple[int, ...]) -> set[str]:
    """Return what goes wrong: `lost wake-up` if threads sleep for ever, `two inside` if the lock excludes nobody."""
    wrong: set[str] = set()
    todo = [State(tuple(Thread(count) for count in rounds))]
    seen = set(todo)
    while todo:
        state = todo.pop()
        inside = [one for one in state.threads if one.at in ("inside", "took", "offer")]
        if len(inside) > 1:
            wrong.add("two inside")
            continue
        after = [new for me in range(len(rounds)) for new in model.steps(state, me)]
        if not after and any(thread.at != "done" for thread in state.threads):
            wrong.add("lost wake-up")
        new = set(after) - seen
        seen |= new
        todo += new
    return wrong


@pytest.mark.parametrize("timeouts", [False, True], ids=["waits", "timed waits"])
@pytest.mark.parametrize("rounds", [(3, 2), (2, 1, 1)], ids=["two threads", "three threads"])
def test_no_wake_up_is_lost_and_one_thread_is_inside(rounds: tuple[int, ...], timeouts: bool) -> None:
    assert explore(Model(timeouts), rounds) == set()


@pytest.mark.parametrize(
    ("rule", "timeouts", "wrong"),
    [
        ("reset after the last look", False, "lost wake-up"),
        ("look before the offer whether it is called", False, "lost wake-up"),
        ("keep a call to itself", True, "lost wake-up"),
        ("take an offered word by plain stores", False, "two inside"),
    ],
)
def test_the_model_sees_what_is_done_wrong(rule: str, timeouts: bool, wrong: str) -> None:
    assert wrong in explore(Model(timeouts, rule), (2, 1, 1))
