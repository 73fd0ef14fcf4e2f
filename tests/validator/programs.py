"""Random lock programs of one thread: decoded from bytes, run on validated locks, and on the model.

A program uses up to six locks, each of its own class, Lock or RLock as the first byte says. Every further byte is one
operation; what cannot be done without blocking for ever is left out, so the program never waits. Locks are released in
any order, and those still held are released at the end.

    python -m tests.validator.programs SEED COUNT      prints the build and a digest of the verdicts on COUNT programs
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import Any

import lockdep
from lockdep import fastpath
from lockdep.threading import Lock, RLock
from tests.validator.model import Model

LOCKS = 6
LONGEST = 40  # bytes

Action = tuple[str, int]  # "acquire", "again", "undo" or "release"; the number of the lock
Cycle = tuple[tuple[int, int], ...]  # the dependencies of one finding, by numbers of locks


@dataclass(frozen=True, slots=True)
class Program:
    """`reentrant` says which locks are RLocks; their inner acquisitions and releases are "again" and "undo"."""

    reentrant: tuple[bool, ...]
    steps: tuple[Action, ...]


def decode(data: bytes, *, ordered: bool = False) -> Program:
    """Return the program that these bytes stand for. With `ordered`, no lock is taken under a higher one."""
    first = data[0] if data else 0
    reentrant = tuple(bool(first >> lock & 1) for lock in range(LOCKS))
    counts = [0] * LOCKS
    steps: list[Action] = []
    for byte in data[1:]:
        lock, releases = byte % LOCKS, byte // LOCKS % 2
        if releases and counts[lock]:
            counts[lock] -= 1
            steps.append(("undo" if counts[lock] else "release", lock))
        elif not releases and not counts[lock] and not (ordered and any(counts[lock:])):
            counts[lock] = 1
            steps.append(("acquire", lock))
        elif not releases and counts[lock] and reentrant[lock]:
            counts[lock] += 1
            steps.append(("again", lock))
    for lock in range(LOCKS):
        steps += [("undo", lock)] * (counts[lock] - 1) + [("release", lock)] * bool(counts[lock])
    return Program(reentrant, tuple(steps))


def run(program: Program) -> list[list[Cycle]]:
    """Run the program on validated locks with a validator of its own; return what was found at each step."""
    validator = lockdep.Validator(lockdep.Options(strict=True))  # the model knows no excuses
    with lockdep.use(validator):
        validator.sink = None  # nobody reads these reports
        return list(observe(program, validator))


def observe(program: Program, validator: Any) -> Iterator[list[Cycle]]:
    locks = make_locks([RLock if reentrant else Lock for reentrant in program.reentrant])
    numbers = {lock.entry.lock_class.name: number for number, lock in enumerate(locks)}
    known = 0
    for what, lock in program.steps:
        if what in ("acquire", "again"):
            locks[lock].acquire()
        else:
            locks[lock].release()
        findings = validator.findings()
        yield [tuple((numbers[a], numbers[b]) for a, b in finding.dependencies) for finding in findings[known:]]
        known = len(findings)


def make_locks(kinds: list[Any]) -> list[Any]:
    """Return six locks, each made on its own line."""
    a = kinds[0]()
    b = kinds[1]()
    c = kinds[2]()
    d = kinds[3]()
    e = kinds[4]()
    f = kinds[5]()
    return [a, b, c, d, e, f]


def run_model(program: Program) -> tuple[Model, list[tuple[bool, bool]]]:
    """Run the program on the model; return it and its verdict on each step."""
    model = Model()
    verdicts = []
    for what, lock in program.steps:
        if what == "release":
            model.release(lock)
        verdicts.append(model.acquire(lock) if what == "acquire" else (False, False))
    return model, verdicts


def digest(seed: int, count: int) -> str:
    """Return a digest of everything that was found in count programs drawn from this seed."""
    random = Random(seed)
    found = sha256()
    for _ in range(count):
        found.update(repr(run(decode(random.randbytes(random.randint(2, LONGEST))))).encode())
    return found.hexdigest()


if __name__ == "__main__":
    print(fastpath.BUILD, digest(int(sys.argv[1]), int(sys.argv[2])))
