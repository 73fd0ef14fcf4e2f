"""The contract that all primitives keep, and what its tests need: adapters, actors, and a wait for a condition.

A primitive joins the contract by a file adapt_NAME.py in this folder with a tuple ADAPTERS (adapt_rwsem.py is a short
one). test_contract.py runs each claim of the contract on each adapter that makes the claim. An adapter is one way to
hold one primitive, so an RWSem has two.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

from tests.patience import THREAD_LIMIT
from tests.primitives.discovery import adapter_modules


@dataclass(frozen=True)
class Adapter:
    """One way to hold a primitive. A field that is None says: the primitive has no such method and makes no such claim.

    make            returns a new primitive that nobody holds
    take, give      take it, blocking, and give it back
    try_take        takes it without waiting; returns whether it was taken
    timed           like try_take, but waits for a number of seconds
    interruptible   like take, but raises InterruptedError when a signal handler has returned
    section         returns the context manager that holds it
    block, unblock  make all other threads wait, and undo that; by default take and give
    fifo            waiters are served first come, first served
    shared          several threads may hold it in this way at once
    owned           only the holder may give it back
    event           it is an event that threads wait for, so a wait for it is no contention
    recursion       what happens when the holder takes it again: "deadlock" (DeadlockError), "recursive" (a finding, but
                    it is taken), or None (neither)
    drop_in         it has acquire, release and locked like threading.Lock
    """

    name: str
    make: Callable[[], Any]
    take: Callable[[Any], object]
    give: Callable[[Any], object]
    try_take: Callable[[Any], bool]
    timed: Callable[[Any, float], bool] | None = None
    interruptible: Callable[[Any], object] | None = None
    section: Callable[[Any], Any] | None = None
    block: Callable[[Any], object] | None = None
    unblock: Callable[[Any], object] | None = None
    fifo: bool = True
    shared: bool = False
    owned: bool = True
    event: bool = False
    recursion: str | None = "deadlock"
    drop_in: bool = False

    def __str__(self) -> str:
        return self.name

    def blocked(self) -> Any:
        """Return a new primitive that no other thread can take until `free`."""
        lock = self.make()
        (self.block or self.take)(lock)
        return lock

    def free(self, lock: Any) -> None:
        """Undo what keeps other threads out."""
        (self.unblock or self.give)(lock)


def all_adapters() -> list[Adapter]:
    """Return the adapters of all primitives."""
    return [adapter for module in adapter_modules() for adapter in module.ADAPTERS]


def named(name: str) -> Adapter:
    """Return the adapter of this name."""
    return next(adapter for adapter in all_adapters() if adapter.name == name)


def until(condition: Callable[[], object]) -> None:
    """Let other threads run until a condition holds."""
    deadline = time.monotonic() + THREAD_LIMIT
    while not condition():
        assert time.monotonic() < deadline, "this never came true"
        time.sleep(0)


class Actor:
    """A thread that runs the functions it is given, one after the other."""

    def __init__(self) -> None:
        self._todo: SimpleQueue[Callable[[], Any] | None] = SimpleQueue()
        self._done: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        while (action := self._todo.get()) is not None:
            try:
                self._done.put((action(), None))
            except BaseException as error:
                self._done.put((None, error))

    def begin(self, action: Callable[..., Any], *arguments: Any) -> None:
        """Start a function that may block."""
        self._todo.put(lambda: action(*arguments))

    def result(self) -> Any:
        """Return the result of the oldest function that was begun, or raise its exception."""
        value, error = self._done.get(timeout=THREAD_LIMIT)
        if error is not None:
            raise error
        return value

    def do(self, action: Callable[..., Any], *arguments: Any) -> Any:
        """Run a function and return its result."""
        self.begin(action, *arguments)
        return self.result()

    def end(self) -> None:
        self._todo.put(None)
        self.thread.join(THREAD_LIMIT)
        assert not self.thread.is_alive()


class Cast:
    """The actors of a test. They are made on demand and ended with the test."""

    def __init__(self) -> None:
        self.actors: list[Actor] = []

    def __call__(self) -> Actor:
        self.actors.append(Actor())
        return self.actors[-1]

    def end(self) -> None:
        for actor in self.actors:
            actor.end()


def run_threads(count: int, work: Callable[[int], object]) -> None:
    """Run work(0), work(1), ... in `count` threads at once, and wait for their end."""
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
