"""What is tortured of the primitives on the wait queue, each with a variant that is broken on purpose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from primitives import Completion, RWLock, RWSem, Semaphore
from tests.stress.subjects import Side, Subject, way


class Turn:
    """A section between a wait for a completion and the next complete()."""

    def __init__(self, completion: Completion) -> None:
        self.completion = completion

    def __enter__(self) -> None:
        self.completion.wait_for_completion()

    def __exit__(self, *_: object) -> None:
        self.completion.complete()


class GenerousCompletion(Completion):
    """Broken: every hundredth complete() lets two go on."""

    __slots__ = ("completed",)

    def complete(self) -> None:
        self.completed = getattr(self, "completed", 0) + 1
        super().complete()
        if self.completed % 100 == 0:
            super().complete()


class HalfWriter:
    """Broken: a writer that takes what a reader takes."""

    def __init__(self, lock: Any) -> None:
        self.lock = lock

    def __enter__(self) -> None:
        self.lock.lock(1)

    def __exit__(self, *_: object) -> None:
        self.lock.unlock(1)


def rwsem(broken: bool) -> Subject:
    sem = RWSem()
    write = Side(sem.write, way(sem.down_write, sem.up_write))
    if broken:
        write = Side(lambda: HalfWriter(sem))
    return Subject(write, Side(sem.read, way(sem.down_read, sem.up_read)))


def rwlock(broken: bool, queued: bool = False) -> Subject:
    lock = RWLock(queued=queued)
    write = Side(lock.write, way(lambda _: lock.write_trylock(), lock.write_unlock))
    if broken:
        write = Side(lambda: HalfWriter(lock))
    return Subject(write, Side(lock.read, way(lambda _: lock.read_trylock(), lock.read_unlock)))


def semaphore(broken: bool, count: int = 1) -> Subject:
    semaphore = Semaphore(count)
    if broken:
        semaphore.up()
    return Subject(Side(lambda: semaphore, way(semaphore.down_timeout, semaphore.up)), room=count)


def completion(broken: bool) -> Subject:
    completion = GenerousCompletion() if broken else Completion()
    completion.complete()
    return Subject(
        Side(lambda: Turn(completion), way(completion.wait_for_completion_timeout, completion.complete)),
        interruptible=False,  # Turn is Python
    )


SUBJECTS: dict[str, Callable[[bool], Subject]] = {
    "rwsem": rwsem,
    "rwlock": rwlock,
    "rwlock-queued": lambda broken: rwlock(broken, queued=True),
    "semaphore": semaphore,
    "semaphore-of-three": lambda broken: semaphore(broken, 3),
    "completion": completion,
}
