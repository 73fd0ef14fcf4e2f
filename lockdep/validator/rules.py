"""The rules in the kernel's order: what an acquisition, join, event or switch of context means, and what it teaches.

The tables of checks are the rules that need nothing but their input. To add one, write a function in checks/ and add it
to the table of what it looks at; each violation it returns becomes a finding. The other rules keep books of their own
(cycles, nested instances) and are methods below.

The caller holds the graph lock, unless a method says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lockdep import fastpath
from lockdep.config import Options
from lockdep.evidence.instances import InstanceOrder
from lockdep.fastpath import NEST, NOCHECK, SYNC, TRY, Chain, Entry
from lockdep.graph.classes import LockClass, registry
from lockdep.graph.dependency import Witness
from lockdep.graph.graph import DependencyGraph
from lockdep.graph.runs import Run
from lockdep.graph.usage_table import UsageTable
from lockdep.trace import StackTrace
from lockdep.validator.acquisition import Acquisition
from lockdep.validator.checks.irq_order import NewDependency, check_irq_order
from lockdep.validator.checks.irq_usage import NewUsage, check_inversion, check_state
from lockdep.validator.checks.join import check_join, taken_at
from lockdep.validator.checks.recursion import check_class_recursion, check_recursion
from lockdep.validator.checks.same_class import check_same_class
from lockdep.validator.checks.wait_context import check_wait_context
from lockdep.validator.cycles import Cycles, watch_deaths
from lockdep.validator.nesting import blocking_tail, kind_of, twin_depth
from lockdep.violations.book import FindingBook
from lockdep.violations.bound import BoundReached
from lockdep.violations.join import JoinWhileHolding
from lockdep.violations.misuse import LockMisuse
from lockdep.violations.ring import InstanceRing
from lockdep.violations.violation import Violation
from lockdep.violations.where import HeldLock, Where
from lockdep.vocabulary.context import ORDINARY
from lockdep.vocabulary.grades import CERTAIN, POTENTIAL, STALL, UNMATCHED
from lockdep.vocabulary.kinds import EVENT, TIMED, WAIT
from lockdep.vocabulary.usage import bits_of, single_bits

AcquisitionCheck = Callable[[Acquisition], Violation | None]
UsageCheck = Callable[[DependencyGraph, UsageTable, NewUsage], Violation | None]
DependencyCheck = Callable[[DependencyGraph, UsageTable, NewDependency], Violation | None]

ACQUISITION_CHECKS: Sequence[AcquisitionCheck] = (check_wait_context,)  # each new chain, without the graph lock
USAGE_CHECKS: Sequence[UsageCheck] = (check_state, check_inversion)  # each usage bit that is new to a class
DEPENDENCY_CHECKS: Sequence[DependencyCheck] = (check_irq_order,)  # each new kind of a dependency, after its cycle

BY_CLASS = POTENTIAL, "judged by classes, as the kernel does: whatever their instances"  # grade and reason
_ORDINARY_BITS = [bits_of(inside=(), enabled=ORDINARY.enabled, read=read) for read in (False, True)]


class Rules:
    """What was learned of dependencies, usage and instances, and how it is judged."""

    def __init__(self, options: Options, root: Chain) -> None:
        self.options = options
        self.usage = UsageTable()
        self.book = FindingBook(options, self.usage)
        self.cycles = Cycles(options, self.book, root)
        self.orders: dict[LockClass, InstanceOrder] = {}
        self.over_fork: frozenset[int] = (
            frozenset()
        )  # serials of locks that the only thread of a child has from its parent
        self.thorough = False  # judge what is known already as well: an exception has ended the first attempt
        self._bounds_reached: set[str] = set()

    def check_acquisition(self, new: Acquisition) -> list[Violation]:
        """Return what the acquisition violates by itself. It reads nothing learned."""
        broken = []
        for check in ACQUISITION_CHECKS:
            violation = check(new)
            if violation is not None:
                broken.append(violation)
        return broken

    def is_known(self, new: Acquisition) -> bool:
        """Return whether its usage and all its dependencies were judged before and are part of no finding.

        Then nothing has to be judged; the acquisition is kept as another witness. Searches nothing.
        """
        if (
            self.thorough
            or self.cycles.watch
            or new.mode & NEST
            or registry.clashes
            or twin_depth(new.held, new.lock_class)
        ):
            return False
        if bits(new) & ~self.usage.mask(new.lock_class):
            return False
        pairs = []
        for prev in blocking_tail(new.held, new.mode):
            known = self.cycles.graph.find(prev.lock_class, new.lock_class)
            kind = kind_of(prev.mode, new.mode)
            if known is None or kind not in known.witnesses or self.book.with_dependency(known):
                return False
            pairs.append((known, kind, prev))
        for known, kind, prev in pairs:
            self.cycles.keep(known, kind, new.witness(prev, new.serial), self.options.max_witnesses)
        return True

    def validate(self, chain: Chain, new: Acquisition) -> None:
        """Judge an acquisition that leads to a new chain, and learn from it."""
        broken = self.check_acquisition(new)
        if not broken and self.is_known(new):
            return
        if registry.clashes:
            self.clashes(new.where())
        for violation in broken:
            self.book.register(violation, *BY_CLASS)
        self._mark(new.lock_class, new.mode, bits(new), new)
        twin = 0 if new.mode & (TRY | NOCHECK) else twin_depth(new.held, new.lock_class)
        if twin:
            self.nested(new, twin)
        if not (twin and new.mode & NEST):  # what serialises the class rules out any other order
            for prev in blocking_tail(new.held, new.mode):
                if prev.lock_class is not new.lock_class and prev.serial not in self.over_fork:
                    kind, witness = kind_of(prev.mode, new.mode), new.witness(prev, new.serial)
                    self._depend(prev, new.entry, kind, witness, new)
        if twin and (new.lock_class.by_instance or new.lock_class.order is not None):
            outermost = chain.depth - len(new.held)  # of the held locks that were seen
            chain.judge_instances(outermost + twin - 1, new.lock_class.order is None and not new.mode & fastpath.TIMED)
        self.cycles.watch.flag(chain, self.cycles.graph)
        self._bounds(new)

    def _mark(self, lock_class: LockClass, mode: int, wanted: int, new: Acquisition) -> None:
        """Give a class its usage bits; each new bit is checked against the class and those connected with it.

        No two bits contradict each other as long as no class was ever taken inside an interrupt.
        """
        for bit in single_bits(wanted if self.thorough else wanted & ~self.usage.mask(lock_class)):
            self.usage.mark(lock_class, bit, new.stack)
            if self.usage.any_inside:
                usage = NewUsage(lock_class, mode, bit, new.stack, new.where())
                for check in USAGE_CHECKS:
                    violation = check(self.cycles.graph, self.usage, usage)
                    if violation is not None:
                        self.book.register(violation, *BY_CLASS)

    def mark_held(self, new: Acquisition) -> None:
        """Judge that a context was enabled: every held lock is now held with it on (kernel: mark_held_locks)."""
        for lock in new.held:
            if not lock.mode & NOCHECK:
                wanted = bits_of(inside=(), enabled=new.context.enabled, read=bool(lock.mode & 3))
                self._mark(lock.lock_class, lock.mode, wanted, new)

    def _depend(self, prev: HeldLock, entry: Entry, kind: int, witness: Witness, new: Acquisition) -> None:
        """Record prev -> the class of `entry`; judge the cycle it closes, and all that a new dependency can break."""
        known = not self.thorough and self.cycles.knows(prev.lock_class, entry.lock_class, kind)
        self.cycles.learn(prev.lock_class, entry.lock_class, kind, witness, new, known=known)
        if not known:
            dependency = NewDependency(prev, entry.lock_class, entry.mode, new)
            for check in DEPENDENCY_CHECKS:
                violation = check(self.cycles.graph, self.usage, dependency)
                if violation is not None:
                    self.book.register(violation, *BY_CLASS)

    def nested(self, new: Acquisition, twin: int) -> None:
        """Judge that a lock of the same class is held, at depth `twin`.

        Drop-in locks are judged by instances: silent as long as their orders lead round in no circle. Others by
        classes, as in the kernel.
        """
        if not new.lock_class.by_instance:
            violation = check_class_recursion(new)
            if violation is not None:
                self.book.register(violation, *(BY_CLASS if not violation.same else (CERTAIN, "the same lock")))
            return
        prev = new.held[twin - 1]
        if prev.serial == new.serial:
            self.recursion(new)
        elif prev.serial not in self.over_fork:
            self._instances(new, prev)

    def _instances(self, new: Acquisition, prev: HeldLock) -> None:
        """Judge the order in which two locks of one class are taken."""
        kind = kind_of(prev.mode, new.mode)
        order = self.orders.setdefault(new.lock_class, InstanceOrder(self.options.max_pairs))
        if order.knows(prev.serial, new.serial, kind) and not self.thorough:
            return
        watch_deaths(new.lock_class)
        witness = new.witness(prev, new.serial)
        closed = check_same_class(order, kind, witness)
        order.mark_seen(kind, witness)
        if closed is None:
            return
        timed, ring = closed
        reason = f"{len(ring)} locks of one class are taken in a ring of orders"
        self.book.register(
            InstanceRing(new.lock_class, ring, new.where()),
            STALL if timed else POTENTIAL,
            f"{reason}, but one of the waits has a timeout" if timed else reason,
        )

    def judge(self, chain: Chain, new: Acquisition) -> None:
        """Judge a known chain by its instances: a class nested in itself, or a watched dependency."""
        if new.mode & (TRY | NOCHECK):
            return
        twin = twin_depth(new.held, new.lock_class)
        if twin:
            self.nested(new, twin)
        beyond = chain.depth - 1 - len(new.held)  # held locks that a sighting leaves out, see MOST_HELD
        for dependency, depth, kind in self.cycles.watch.hits(chain):
            prev = new.held[depth - beyond - 1] if depth > beyond else None
            if prev is not None and prev.serial not in self.over_fork:
                self.cycles.see_again(dependency, kind, new.witness(prev, new.serial))

    def recursion(self, new: Acquisition) -> None:
        """Judge a lock that is wanted by its own holder."""
        violation = check_recursion(new)
        if violation is None:
            return
        if new.mode & fastpath.TIMED:
            self.book.register(violation, STALL, "the wait has a timeout: not for ever, but that long")
        else:
            self.book.register(violation, CERTAIN, "the thread waits for itself")

    def joined(self, new: Acquisition, run: Run, *, timed: bool) -> None:
        """Judge a wait for a run that has ended: each held lock depends on every lock that the run took."""
        grade, reason = POTENTIAL, "the same lock is held by the waiter and taken by what it waits for"
        if timed:
            grade, reason = STALL, "the wait has a timeout"
        for prev in new.held:
            violation = check_join(prev, run, new.where(), timed=timed)
            if violation is not None:
                self.book.register(violation, grade, reason)
            for serial, seen in run.taken():
                entry = seen.chain.entry
                if entry.lock_class is not prev.lock_class:
                    kind = kind_of(prev.mode, entry.mode) | WAIT | (TIMED if timed else 0)
                    self._depend(prev, entry, kind, new.witness(prev, serial, run, taken_at(seen)), new)

    def join_blocked(self, new: Acquisition, run: Run, serial: int, taken: StackTrace, *, timed: bool) -> None:
        """Judge a wait for a run that waits at `taken` for the lock `serial`, which the waiter holds."""
        grade, reason = POTENTIAL, "the thread that is waited for is waiting for that lock now"
        if timed:
            grade, reason = STALL, "the wait has a timeout"
        for prev in new.held:
            if prev.serial == serial:
                violation = JoinWhileHolding(prev, run.label(), run.place(), taken, timed, new.where())
                self.book.register(violation, grade, reason)

    def signalled(self, new: Acquisition, lock_class: LockClass, serial: int) -> None:
        """Judge an event: whoever waits for it depends on each lock that is held where it happens."""
        event = HeldLock(lock_class, serial, new.stack)
        for lock in new.held:
            if lock.lock_class is not lock_class and not lock.mode & NOCHECK:
                kind = kind_of(event.mode, lock.mode) | EVENT
                witness = new.witness(event, lock.serial)
                self._depend(event, lock.lock_class.entry(lock.mode), kind, witness, new)

    def clashes(self, where: Where) -> None:
        """Judge the keys that were given a second name since the last call."""
        while registry.clashes:
            lock_class, name = registry.clashes[-1]
            broken = f'Looking for class "{name}", but found a different class "{lock_class.name}" with the same key'
            misuse = LockMisuse(broken, "one key names one class", (lock_class,), where)
            self.book.register(misuse, CERTAIN, "different locks share a key, and so a place in the graph")
            registry.clashes.pop()

    def _bounds(self, new: Acquisition) -> None:
        order = self.orders.get(new.lock_class)
        if order is not None and order.saturated:
            self.bound("max_pairs", "new orders within a class are not learned", new)

    def bound(self, option: str, lost: str, new: Acquisition) -> None:
        """Report once that the bound of an option is reached, and what is not checked because of that."""
        if option not in self._bounds_reached:
            violation = BoundReached(option, getattr(self.options, option), lost, new.where())
            self.book.register(violation, UNMATCHED, lost)
            self._bounds_reached.add(option)


def bits(new: Acquisition) -> int:
    """Return the usage bits of an acquisition.

    A try does not wait, so taking a lock by it inside a handler is harmless; a sync is never held, so nothing can
    interrupt its holder.
    """
    if new.mode & NOCHECK:
        return 0
    if new.context is ORDINARY and not new.mode & SYNC:
        return _ORDINARY_BITS[bool(new.mode & 3)]
    inside = () if new.mode & TRY else new.context.inside
    enabled = () if new.mode & SYNC else new.context.enabled
    return bits_of(inside=inside, enabled=enabled, read=bool(new.mode & 3))
