"""Every interleaving of a wait queue with waiters that take what is offered before they have the GIL.

A thread takes units, and gives them back. A step with the GIL is one section, except where a waiter without the GIL can
see it half done. Whether units are offered or granted, whom a release calls, and when a wait times out is left open.
See WaitQueue.serve, and ld_wait in _parking.h.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

pytestmark = pytest.mark.once


@dataclass(frozen=True, slots=True)
class Thread:
    """at: its next step; then: the step after its release or its wait; whom: the waiter that it calls."""

    units: int
    rounds: int
    at: str = "take"
    then: str = ""
    whom: int = -1
    token: bool = False
    called: bool = False
    granted: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """offered: how many units are; on_offer: whether nobody has taken them yet."""

    threads: tuple[Thread, ...]
    free: int
    offered: int = 0
    on_offer: bool = False
    queue: tuple[int, ...] = ()
    gil: int = -1

    def put(self, me: int, **changes: object) -> State:
        changed = replace(self.threads[me], **changes)  # type: ignore[arg-type]
        return replace(self, threads=(*self.threads[:me], changed, *self.threads[me + 1 :]))

    def without(self, me: int) -> State:
        return replace(self, queue=tuple(other for other in self.queue if other != me))

    def withdrawn(self) -> State:
        """Return the state in which nothing is on offer."""
        return replace(self, free=self.free + self.offered, offered=0, on_offer=False) if self.on_offer else self


class Model:
    """With `timeouts` thread 1 may give up, and no other. `rule` names what is done wrong on purpose, if anything."""

    def __init__(self, timeouts: bool, rule: str = "") -> None:
        self.timeouts, self.rule = timeouts, rule

    def steps(self, state: State, me: int) -> Iterator[State]:
        """Yield the states to which one step of this thread can lead."""
        at = state.threads[me].at
        if at in ("sleep", "look", "try", "reset", "last", "last_try"):
            yield from self.without_gil(state, me)
        elif state.gil in (-1, me) and at != "done":
            yield from getattr(self, at)(state, me)

    def without_gil(self, state: State, me: int) -> Iterator[State]:
        thread = state.threads[me]
        if thread.at == "sleep":
            if thread.token:
                yield state.put(me, at="look", token=False)
            if self.timeouts and me == 1:
                yield state.put(me, at="expired")
        elif thread.at == "reset":
            yield state.put(me, at="last", called=False)
        elif thread.at in ("look", "last"):
            after = "granted" if thread.granted else "try" if thread.at == "look" else "last_try"
            yield state.put(me, at=after)
        elif state.on_offer and state.offered == thread.units:
            yield replace(state.put(me, at="took"), on_offer=False)
        else:
            yield state.put(me, at="reset" if thread.at == "try" else "sleep")

    def take(self, state: State, me: int) -> Iterator[State]:
        units = state.threads[me].units
        if state.free < units and state.on_offer and state.free + state.offered >= units:
            all_free = state.withdrawn()
            yield replace(all_free, free=all_free.free - units).put(me, at="inside")
        elif state.free >= units and (not state.queue or (state.offered and len(state.queue) == 1)):
            yield replace(state, free=state.free - units).put(me, at="inside")
        else:
            fresh = state.put(me, at="sleep", token=False, called=False, granted=False)
            yield replace(fresh, queue=(*state.queue, me))

    def granted(self, state: State, me: int) -> Iterator[State]:
        yield replace(state.without(me).put(me, at="serve", then="inside", granted=False), gil=me)

    def took(self, state: State, me: int) -> Iterator[State]:
        (rest,) = self.granted(state, me)
        if not state.threads[me].granted:
            yield replace(rest, offered=0)
        elif self.rule == "keep what was offered to another one":
            yield rest
        else:
            yield replace(rest, free=rest.free + rest.offered, offered=0)

    def expired(self, state: State, me: int) -> Iterator[State]:
        rest = replace(state.without(me), gil=me)
        if state.threads[me].granted:
            yield rest.put(me, at="serve", then="inside", granted=False)
        elif self.rule == "leave without serving":
            yield replace(rest.put(me, at="done"), gil=-1)
        else:
            yield rest.put(me, at="serve", then="done")

    def inside(self, state: State, me: int) -> Iterator[State]:
        given = replace(state, free=state.free + state.threads[me].units, gil=me)
        yield given.put(me, at="serve", then="next")

    def serve(self, state: State, me: int) -> Iterator[State]:
        state = state.withdrawn()
        pending = state.offered and self.rule != "serve while an offer is being taken"
        first = state.threads[state.queue[0]] if state.queue else None
        if first is None or pending or first.units > state.free:
            yield self.finish(state, me)
            return
        left = replace(state, free=state.free - first.units)
        granted = left.without(state.queue[0]).put(state.queue[0], granted=True)
        yield granted.put(me, at="call", whom=state.queue[0])
        if len(state.queue) == 1 or state.threads[state.queue[1]].units > left.free:
            for whom in state.queue:
                if state.threads[whom].units == first.units:
                    yield left.put(me, at="offer", whom=whom)

    def offer(self, state: State, me: int) -> Iterator[State]:
        first = state.threads[state.queue[0]]
        yield replace(state, offered=first.units, on_offer=True).put(me, at="call")

    def call(self, state: State, me: int) -> Iterator[State]:
        whom = state.threads[me].whom
        if state.threads[whom].called:
            yield self.again(state, me)
        else:
            yield state.put(whom, called=True).put(me, at="wake")

    def wake(self, state: State, me: int) -> Iterator[State]:
        yield self.again(state.put(state.threads[me].whom, token=True), me)

    def again(self, state: State, me: int) -> State:
        """Serve the next waiter, too, if that is possible."""
        more = state.queue and not state.offered and state.threads[state.queue[0]].units <= state.free
        return state.put(me, at="serve") if more else self.finish(state, me)

    def finish(self, state: State, me: int) -> State:
        thread = state.threads[me]
        if thread.then != "next":
            return replace(state.put(me, at=thread.then, whom=-1), gil=-1)
        left = thread.rounds - 1
        return replace(state.put(me, at="take" if left else "done", whom=-1, rounds=left), gil=-1)


def explore(model: Model, total: int, threads: tuple[tuple[int, int], ...]) -> set[str]:
    """Return what goes wrong: `lost wake-up` if threads sleep for ever, `too many` if more units are used than exist,
    `lost unit` if some are not free in the end.
    """
    wrong: set[str] = set()
    todo = [State(tuple(Thread(units, rounds) for units, rounds in threads), total)]
    seen = set(todo)
    while todo:
        state = todo.pop()
        if sum(thread.units for thread in state.threads if thread.at == "inside") > total:
            wrong.add("too many")
            continue
        after = {new for me in range(len(threads)) for new in model.steps(state, me)}
        if not after and any(thread.at != "done" for thread in state.threads):
            wrong.add("lost wake-up")
        elif not after and state.free != total:
            wrong.add("lost unit")
        todo += after - seen
        seen |= after
    return wrong


WRITERS = (1, ((1, 2), (1, 1), (1, 1)))
READERS_AND_WRITERS = (2, ((2, 2), (1, 1), (1, 1)))
UNITS = (2, ((1, 2), (1, 1), (1, 1)))


@pytest.mark.parametrize("timeouts", [False, True], ids=["waits", "timed waits"])
@pytest.mark.parametrize(
    "queue", [WRITERS, READERS_AND_WRITERS, UNITS], ids=["writers", "readers and writers", "units"]
)
def test_no_wake_up_and_no_unit_is_lost(queue: tuple[int, tuple[tuple[int, int], ...]], timeouts: bool) -> None:
    assert explore(Model(timeouts), *queue) == set()


@pytest.mark.parametrize(
    ("rule", "queue", "wrong"),
    [
        ("leave without serving", WRITERS, "lost wake-up"),
        ("serve while an offer is being taken", UNITS, "lost unit"),
        ("keep what was offered to another one", READERS_AND_WRITERS, "lost wake-up"),
    ],
)
def test_the_model_sees_what_is_done_wrong(
    rule: str, queue: tuple[int, tuple[tuple[int, int], ...]], wrong: str
) -> None:
    assert wrong in explore(Model(True, rule), *queue)
