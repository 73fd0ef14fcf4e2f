"""The contract that all primitives keep, told once. A primitive joins in by an adapter: see adapt_rwsem.py.

Every file adapt_*.py of this folder has a tuple ADAPTERS; test_contract.py runs each claim on each adapter that makes
it. An adapter is one way to hold one primitive: an RWSem has two.
"""

from __future__ import annotations

import importlib
import pkgutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

import tests.primitives

PATIENCE = 20.0  # seconds until a test that waits for another thread gives up


@dataclass(frozen=True)
class Adapter:
    """One way to hold a primitive. None: it has no such method, and makes no such claim.

    make            a new one, free
    take, give      blocking, and back
    try_take        returns whether it was had
    timed           the same with a number of seconds
    interruptible   raises InterruptedError when a signal handler has returned
    section         the context manager to hold it by
    block           what makes everybody else wait; `unblock` undoes it. `take` and `give` unless said otherwise
    fifo            waiters are served first come, first served
    shared          those who hold it in this way do not exclude each other
    owned           only the holder may give it
    recursion       what taking it twice is: "deadlock" (DeadlockError), "recursive" (a finding, but it is had), or None
    drop_in         it has acquire, release and locked, as a threading.Lock
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
    recursion: str | None = "deadlock"
    drop_in: bool = False

    def __str__(self) -> str:
        return self.name

    def blocked(self) -> Any:
        """Return a new one that nobody else can have until `free`."""
        lock = self.make()
        (self.block or self.take)(lock)
        return lock

    def free(self, lock: Any) -> None:
        """Undo what made others wait."""
        (self.unblock or self.give)(lock)


def all_adapters() -> list[Adapter]:
    names = sorted(found.name for found in pkgutil.iter_modules(tests.primitives.__path__))
    modules = [importlib.import_module(f"tests.primitives.{name}") for name in names if name.startswith("adapt_")]
    return [adapter for module in modules for adapter in module.ADAPTERS]


def named(name: str) -> Adapter:
    """Return the adapter of this name."""
    return next(adapter for adapter in all_adapters() if adapter.name == name)


def until(condition: Callable[[], object]) -> None:
    """Let other threads run until a condition holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "this never came true"
        time.sleep(0)


class Actor:
    """A thread that does what it is told, one thing after the other."""

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
        """Have it start something that may block."""
        self._todo.put(lambda: action(*arguments))

    def result(self) -> Any:
        """Return what the oldest thing begun came to, or raise what it raised."""
        value, error = self._done.get(timeout=PATIENCE)
        if error is not None:
            raise error
        return value

    def do(self, action: Callable[..., Any], *arguments: Any) -> Any:
        """Have it do something, and wait for that."""
        self.begin(action, *arguments)
        return self.result()

    def end(self) -> None:
        self._todo.put(None)
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()


class Cast:
    """The actors of a test: made when they are asked for, ended with it."""

    def __init__(self) -> None:
        self.actors: list[Actor] = []

    def __call__(self) -> Actor:
        self.actors.append(Actor())
        return self.actors[-1]

    def end(self) -> None:
        for actor in self.actors:
            actor.end()
