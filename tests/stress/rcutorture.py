"""rcutorture: an element must not be freed while a reader may look at it. Freeing poisons it; readers report poison.

Writers replace elements that readers are looking at, and free the old ones in every way that RCU offers. Readers nest
sections, mix flavours, wait inside a section, and end. A timer's handler reads in the middle of what the main thread
does. At the end every element that was taken out must have been freed, and no thread may be left in a section.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from primitives import rcu
from primitives.rculist import RCUDict, RCUList
from primitives.srcu import SRCU
from tests.patience import THREAD_LIMIT
from tests.stress.rounds import choose, let_end, run_each
from tests.stress.torture import delay

PERIOD = 0.002  # of the timer
POISON = 0x6B6B6B6B
SIZE = 8  # elements of a collection


class Element:
    """What readers look at. Freeing it poisons it."""

    __slots__ = ("check", "value")

    def __init__(self, value: int) -> None:
        self.value = value
        self.check = ~value

    def is_intact(self) -> bool:
        return self.value == ~self.check

    def free(self) -> None:
        self.value = self.check = POISON


@dataclass(frozen=True)
class Subject:
    """One kind of RCU. `look` yields elements, inside of `section`; `replace` takes an element out and returns it.

    ways    functions of an element and of a function that frees it: each calls the latter when no reader can look at
            the element any more, at once or later
    settle  waits until every element given to `ways` is freed
    """

    section: Callable[[], Any]
    look: Callable[[], Iterable[Element]]
    replace: Callable[[Element, Random], Element]
    ways: tuple[Callable[[Element, Callable[[Element], None]], object], ...]
    settle: Callable[[], object]


def at_once(element: Element, free: Callable[[Element], None]) -> None:
    """Broken: free an element that readers may look at."""
    free(element)


def synchronized(element: Element, free: Callable[[Element], None]) -> None:
    rcu.synchronize_rcu()
    free(element)


def expedited(element: Element, free: Callable[[Element], None]) -> None:
    rcu.synchronize_rcu_expedited()
    free(element)


def called(element: Element, free: Callable[[Element], None]) -> None:
    rcu.call_rcu(free, element)


def polled(element: Element, free: Callable[[Element], None]) -> None:
    cookie = rcu.get_state_synchronize_rcu()
    while not rcu.poll_state_synchronize_rcu(cookie):
        time.sleep(0.0005)
    free(element)


WAYS = (synchronized, expedited, called, called, polled)


def pointer(section: Callable[[], Any], dereference: Callable[[Any], Element]) -> Callable[[bool], Subject]:
    def make(broken: bool) -> Subject:
        cell = rcu.RCUPointer(Element(0))
        return Subject(
            section,
            lambda: (dereference(cell),),
            lambda element, _: cell.xchg(element),
            (at_once,) if broken else WAYS,
            rcu.rcu_barrier,
        )

    return make


def srcu(broken: bool) -> Subject:
    domain, cell = SRCU("tortured"), rcu.RCUPointer(Element(0))
    waits = SRCU("another") if broken else domain  # broken: it waits for the readers of another domain

    def wait(element: Element, free: Callable[[Element], None]) -> None:
        waits.synchronize()
        free(element)

    def call(element: Element, free: Callable[[Element], None]) -> None:
        waits.call(free, element)

    return Subject(
        domain.reading,
        lambda: (domain.dereference(cell),),
        lambda element, _: cell.xchg(element),
        (wait, call),
        waits.barrier,
    )


def rcu_list(broken: bool) -> Subject:
    elements = RCUList(map(Element, range(SIZE)), "tortured list")
    writers = threading.Lock()

    def replace(element: Element, random: Random) -> Element:
        with writers:
            with rcu.rcu_read_side():
                nodes = list(elements.nodes())
            node = random.choice(nodes)
            if random.random() < 0.5:
                elements.replace(node, element)
            else:
                random.choice((elements.add, elements.add_tail))(element)
                elements.remove(node)
            return node.value

    return Subject(rcu.rcu_read_side, lambda: elements, replace, (at_once,) if broken else WAYS, rcu.rcu_barrier)


def rcu_dict(broken: bool) -> Subject:
    table = RCUDict({number: Element(number) for number in range(SIZE)}, "tortured dictionary")
    writers = threading.Lock()

    def replace(element: Element, random: Random) -> Element:
        key = random.randrange(SIZE)
        with writers, rcu.rcu_read_side():
            old = table[key]
            table[key] = element
        return old

    return Subject(rcu.rcu_read_side, table.values, replace, (at_once,) if broken else WAYS, rcu.rcu_barrier)


SUBJECTS: dict[str, Callable[[bool], Subject]] = {
    "rcu": pointer(rcu.rcu_read_side, rcu.rcu_dereference),
    "rcu_bh": pointer(rcu.rcu_read_side_bh, rcu.rcu_dereference_bh),
    "rcu_sched": pointer(rcu.rcu_read_side_sched, rcu.rcu_dereference_sched),
    "srcu": srcu,
    "rculist": rcu_list,
    "rcudict": rcu_dict,
}


@dataclass(slots=True)
class Torture:
    """One subject under torture, until the deadline. Lists serve as counters: append is atomic on every build."""

    subject: Subject
    deadline: float
    seed: int
    violations: list[str] = field(default_factory=list)
    retired: list[None] = field(default_factory=list)
    freed: list[None] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)

    def goes_on(self) -> bool:
        return time.monotonic() < self.deadline and not self.violations

    def read(self, random: Random) -> None:
        with self.subject.section():
            for element in self.subject.look():
                self.check(element)
                if random.random() < 0.3:
                    with random.choice((rcu.rcu_read_side, self.subject.section))():
                        delay(random)
                else:
                    delay(random)
                self.check(element)

    def check(self, element: Element) -> None:
        if not element.is_intact():
            self.violations.append("a reader saw an element that was freed")

    def write(self, random: Random) -> None:
        old = self.subject.replace(Element(random.randrange(1000)), random)
        self.retired.append(None)
        random.choice(self.subject.ways)(old, self.free)

    def free(self, element: Element) -> None:
        self.check(element)
        element.free()
        self.freed.append(None)

    def guarded(self, what: str, work: Callable[[Random], None], me: int, rounds: int) -> None:
        """Call `work` up to `rounds` times, until the torture ends, and count the calls."""
        random, count = Random(self.seed * 1000 + me), 0
        try:
            while count < rounds and self.goes_on():
                work(random)
                delay(random)
                count += 1
        except BaseException as error:
            self.violations.append(f"a thread ended with {error!r}")
        self.done[what] += count  # not atomic without the GIL: a lost count is harmless

    def readers(self, me: int) -> None:
        """Run one reader thread after the other, each for a limited number of rounds."""
        number = 0
        while self.goes_on():
            number += 1
            arguments = ("reads", self.read, me * 100000 + number, 20 + number % 200)
            run_to_end(threading.Thread(target=self.guarded, args=arguments, daemon=True))

    def main_thread(self) -> None:
        """Read while a timer interrupts; its handler reads, too, and queues callbacks."""
        random = Random(self.seed)

        def handler(*_: object) -> None:
            self.read(random)
            rcu.call_rcu(self.done.update, ("callbacks of the handler",))
            if self.goes_on():
                signal.setitimer(signal.ITIMER_REAL, PERIOD)

        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, PERIOD)
        self.guarded("reads of the main thread", self.read, 0, sys.maxsize)
        signal.signal(signal.SIGALRM, signal.SIG_IGN)

    def settle(self) -> None:
        """Wait until everything is freed, and add to the violations what is left."""
        rcu.rcu_barrier()
        self.subject.settle()
        if len(self.retired) != len(self.freed):
            self.violations.append(f"{len(self.retired)} elements were taken away, {len(self.freed)} were freed")
        if rcu.statistics() != rcu.RCUStatistics(0, 0, 0):
            self.violations.append(f"somebody is left: {rcu.statistics()}")


def run_to_end(thread: threading.Thread) -> None:
    thread.start()
    thread.join()


def one(name: str, options: argparse.Namespace) -> Torture:
    torture = Torture(SUBJECTS[name](options.broken), time.monotonic() + options.seconds, options.seed)
    writers = max(1, options.threads // 2)
    threads = [
        threading.Thread(target=torture.guarded, args=("writes", torture.write, number, sys.maxsize), daemon=True)
        for number in range(1, writers + 1)
    ]
    threads += [
        threading.Thread(target=torture.readers, args=(number,), daemon=True)
        for number in range(writers + 1, options.threads + 1)
    ]
    for thread in threads:
        thread.start()
    torture.main_thread()
    if stuck := let_end(threads, torture.deadline + THREAD_LIMIT):
        torture.violations.append(f"{stuck} threads hang")
    else:
        torture.settle()
    return torture


def chosen(options: argparse.Namespace) -> list[str]:
    """Return the names of the chosen subjects."""
    return choose(SUBJECTS, options.primitive)


def run(options: argparse.Namespace) -> list[str]:
    """Torture each chosen subject for --seconds, print what was done, and return what went wrong."""
    return run_each(options, chosen(options), one)
