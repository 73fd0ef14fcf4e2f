"""The program that the storm interrupts: short-lived threads, new locks, and orders of locks not seen before."""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.bench.made import locks_of_classes
from tests.stress import subject
from tests.stress.alarms import block, interruptible
from tests.stress.garbage import Yard
from tests.stress.locks import Locks

WORKERS = 4
ROUNDS = 25  # of a worker, which then lives for some tens of milliseconds
BLOCK_EVERY = 8  # rounds of the main thread
HOLD_EVERY = 25  # rounds of a worker
SPIN = 50


@dataclass(slots=True)
class Program:
    """The state of the program. The main thread and hooks write `started` and `problems`; workers write `rounds`, under
    the gate."""

    kind: subject.Kind
    random: Random
    locks: Locks
    channel: queue.Queue[int] = field(default_factory=queue.Queue)
    workers: list[threading.Thread] = field(default_factory=list)
    started: int = 0
    rounds: int = 0
    problems: list[str] = field(default_factory=list)


@interruptible
def nest(locks: list[Any], depth: int = 0) -> None:
    """Take all of the locks in their order and hold them for a moment. May be interrupted."""
    if depth < len(locks):
        with locks[depth]:
            nest(locks, depth + 1)
    for _ in range(SPIN):
        pass


def chosen(locks: Locks, random: Random) -> list[Any]:
    """Return up to five of the ordered locks, in order. There are about fifty thousand such chains."""
    indices = sorted(random.sample(range(len(locks.ordered)), random.randint(1, 5)))
    return [locks.ordered[index] for index in indices]


def new_locks(locks: Locks, random: Random) -> list[Any]:
    """Make locks at places known and new. They are taken after the ordered ones, and nothing is taken after them."""
    made = [threading.Lock(), threading.RLock(), *locks_of_classes(threading.Lock, random.randint(0, 2), "new")]
    locks.made.extend(made)
    return made


@interruptible
def one_round(program: Program, yard: Yard, random: Random) -> None:
    """Do one round of the work that may be interrupted at any instruction."""
    locks = chosen(program.locks, random)
    nest(locks)
    nest([*locks, *new_locks(program.locks, random)])
    yard.litter(random.randrange(8))
    nest([*locks, program.locks.gate])


def hold_contended(locks: Locks) -> None:
    with locks.contended:
        time.sleep(0.002)  # not to synchronise: long enough for the timer to find the main thread blocked


def work(program: Program, seed: int) -> None:
    """Run a worker: rounds, puts and gets on the shared queue, and now and then a slow hold of the contended lock."""
    random, yard = Random(seed), Yard(program.locks)
    for number in range(ROUNDS):
        one_round(program, yard, random)
        program.channel.put(number)
        program.channel.get()
        if number % HOLD_EVERY == 0:
            hold_contended(program.locks)
    if held := subject.held_here(program.kind):
        program.problems.append(f"a worker ended with {held} held entries")
    with program.locks.gate:
        program.rounds += ROUNDS


def keep_working(program: Program) -> None:
    """Start new workers in place of those that have ended."""
    program.workers = [thread for thread in program.workers if thread.is_alive()]
    while len(program.workers) < WORKERS:
        thread = threading.Thread(target=work, args=(program, program.random.getrandbits(32)))
        program.workers.append(thread)
        program.started += 1
        thread.start()


def main_round(program: Program, yard: Yard, number: int) -> bool:
    """Do a round on the main thread. Return whether it was interrupted."""
    try:
        one_round(program, yard, program.random)
        if number % BLOCK_EVERY == 0:
            block(program.locks)
    except KeyboardInterrupt:
        return True
    return False
