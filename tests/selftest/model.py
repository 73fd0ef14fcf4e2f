"""A slow model of the validator, written from the definitions: it names what is wrong with each operation.

It is not made for speed: it has no chains and no cache of verdicts. It shares no code with lockdep. Its data about a
lock are a `ModelMap`, which the drivers of the self-test use like a dep_map. After a violation the model goes on: the
acquisition counts, and each rule is checked independently of the others.
"""

from __future__ import annotations

from tests.selftest.kinds import DRIVERS
from tests.selftest.model_context import Context
from tests.selftest.model_graph import OrderGraph
from tests.selftest.model_map import Held, ModelMap, Stuck
from tests.selftest.model_words import (
    FREED,
    INCONSISTENT,
    INV,
    INVERSION,
    NO_NEST,
    RECURSIVE,
    RECURSIVE_READ,
    SLEEP,
    SLEEPS,
    SYNC,
    TIMED,
    TRY,
    UNBALANCED,
    WAIT_CONTEXT,
    LockClass,
    Usage,
    Violation,
)
from tests.selftest.sections import Sections


class Model(Context):
    """One thread and all classes.

    `causes` has a list of violations for each thing that was wrong. One cause, such as a new dependency, may make
    several violations; a validator that reports one of them has reported the cause.
    """

    stuck = Stuck
    drivers = DRIVERS

    def __init__(self) -> None:
        super().__init__()
        self.graph = OrderGraph()
        self.held: list[Held] = []
        self.causes: list[list[Violation]] = []
        self.rcu = Sections(self)

    def make_map(self, kind: str, name: str) -> ModelMap:
        return ModelMap(self, kind, name)

    def found(self) -> list[Violation]:
        """Return all violations, each once."""
        return list(dict.fromkeys(violation for cause in self.causes for violation in cause))

    def misuse(self, expression: str) -> None:
        self.causes.append([Violation(f"DEBUG_LOCKS_WARN_ON({expression})", ())])

    def affirm(self, condition: object, expression: str) -> None:
        if not condition:
            self.causes.append([Violation(expression, ())])

    def might_sleep(self) -> None:
        if self.irqs_off or self.preempt_depth or self.in_interrupt() or self._tightest() < SLEEP:
            self.causes.append([Violation(SLEEPS, ())])

    def say(self, title: str, *about: LockClass) -> None:
        self.causes.append([Violation(title, tuple(map(str, about)))])

    # What the drivers annotate

    def take(self, lock: ModelMap, mode: int, nest: ModelMap | None, lock_class: LockClass) -> None:
        entry = Held(lock, lock_class, mode, nest, self.irqs_off)
        if not mode & (TRY | TIMED | SYNC) and self._never_ends(lock, entry.read):
            self.say(RECURSIVE, lock_class)
            raise Stuck(lock.name)
        self._enter(entry)

    def release(self, lock: ModelMap) -> bool:
        entry = self._find(lock)
        if entry is None:
            return False
        if entry.pins:
            self.say("releasing a pinned lock", entry.lock_class)
        self._let_go(entry)
        return True

    def change(self, lock: ModelMap, *, lock_class: LockClass | None = None, read: int | None = None) -> None:
        """Change the class or mode of a held lock: take it, and all that was taken after it, again."""
        entry = self._find(lock)
        if entry is not None:
            entry.lock_class = lock_class or entry.lock_class
            entry.read = entry.read if read is None else read
            self._take_again(entry)

    def forget(self, lock: ModelMap) -> None:
        """Initialise a lock again."""
        for entry in [entry for entry in self.held if entry.lock is lock]:
            self.say(FREED, entry.lock_class)
            self.held.remove(entry)

    def signal(self, event: LockClass) -> None:
        """Signal an event: whoever waits for it waits for every lock that is held here."""
        for entry in self._same_context():
            self._depend(event, entry.lock_class, "ER" if entry.read == RECURSIVE_READ else "EN")

    def pin(self, lock: ModelMap, count: int) -> None:
        entry = self._find(lock)
        if entry is not None:
            entry.pins += count

    # What is wrong with an acquisition

    def _enter(self, entry: Held) -> None:
        entry.context = self.context()
        if entry.inner != INV and not entry.tried and entry.outer > self._tightest():
            self.say(WAIT_CONTEXT, entry.lock_class)
        if entry.checked:
            self._use(entry)
        if entry.nest and not entry.nest.is_held():
            self.say(NO_NEST, entry.lock_class)
        if entry.checked and not entry.tried and not self._serialised(entry):
            self._add_dependencies(entry)
        if not entry.mode & SYNC:
            self.held.append(entry)

    def _tightest(self) -> int:
        return min([self.wait_type(), *(other.inner for other in self._same_context() if other.inner != INV)])

    def _serialised(self, entry: Held) -> bool:
        """Return whether the class is held already, but under the lock that serialises it; else it is recursion."""
        nested = False
        for other in self.held:
            nested = nested or other.lock is entry.nest
            if other.lock_class == entry.lock_class and not (entry.read == RECURSIVE_READ and other.read):
                if not nested:
                    self.say(RECURSIVE, entry.lock_class)
                return nested
        return False

    def _add_dependencies(self, entry: Held) -> None:
        for prev in reversed(self._same_context()):
            if not prev.checked:
                continue
            kind = ("S" if prev.read else "E") + ("R" if entry.read == RECURSIVE_READ else "N")
            if prev.lock_class != entry.lock_class:
                self._depend(prev.lock_class, entry.lock_class, kind)
            if not prev.tried and prev.read != RECURSIVE_READ:
                break  # the locks below lead to this one already, by dependencies that are as strong

    def _depend(self, first: LockClass, second: LockClass, kind: str) -> None:
        if self.graph.add(first, second, kind):
            self.causes += [list(self.graph.circles(first, second, kind))]
            self.causes += [list(self.graph.irq_orders(first, second, kind))]

    # Interrupts

    def _use(self, entry: Held) -> None:
        if self.in_hardirq and not entry.tried:
            self._mark(entry, "HARDIRQ", "IN")
        if self.in_softirq and not entry.tried:
            self._mark(entry, "SOFTIRQ", "IN")
        if not entry.irqs_off and not entry.mode & SYNC:
            self._mark(entry, "HARDIRQ", "ON")
            if not self.softirqs_off:
                self._mark(entry, "SOFTIRQ", "ON")

    def mark_held(self, state: str) -> None:
        for entry in self.held:
            if entry.checked:
                self._mark(entry, state, "ON")

    def _mark(self, entry: Held, state: str, way: str) -> None:
        use = Usage(state, way, "R" if entry.read else "W")
        if use in self.graph.usage[entry.lock_class]:
            return
        self.graph.usage[entry.lock_class].add(use)
        if self.graph.conflicts(entry.lock_class, use):
            self.say(INCONSISTENT, entry.lock_class)
        only_r = entry.read == RECURSIVE_READ if way == "IN" else entry.read > 0
        others = self.graph.inversions(entry.lock_class, use, only_r)
        self.causes.append([Violation(INVERSION, (str(entry.lock_class), str(other))) for other in others])

    # The held locks

    def _same_context(self) -> list[Held]:
        """Return the locks held in the running context, outermost first."""
        count = 0
        while count < len(self.held) and self.held[-1 - count].context == self.context():
            count += 1
        return self.held[len(self.held) - count :]

    def _find(self, lock: ModelMap) -> Held | None:
        """Return the innermost acquisition of a lock in the context of the last one; not to have one is a violation."""
        for entry in reversed(self.held):
            if entry.context != self.held[-1].context:
                break
            if entry.lock is lock:
                return entry
        self.say(UNBALANCED, lock.lock_class())
        return None

    def _let_go(self, entry: Held) -> None:
        """Release this acquisition; a lock above it that it serialised is a violation."""
        place = self.held.index(entry)
        del self.held[place]
        for other in self.held[place:]:
            if other.nest is not None and not other.nest.is_held():
                self.say(NO_NEST, other.lock_class)

    def _take_again(self, entry: Held) -> None:
        place = self.held.index(entry)
        above, self.held = self.held[place:], self.held[:place]
        for one in above:
            one.irqs_off = self.irqs_off
            self._enter(one)

    def _never_ends(self, lock: ModelMap, read: int) -> bool:
        return any(entry.lock is lock and not (read and entry.read) for entry in self.held)
