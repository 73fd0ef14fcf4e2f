"""The rules in the kernel's order: what an acquisition, join, event or switch of context means, and what it teaches.

The tables of checks are the rules that need nothing but their input. To add one, write a function in checks/ and add it
to the table of what it looks at; each violation it returns becomes a finding. The other rules keep books of their own
(cycles, nested instances) and are methods below.

The caller holds the graph lock, unless a method says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence

from lockdep import fastpath
from lockdep.config import Options
from lockdep.fastpath import NEST, NOCHECK, SYNC, TRY, Chain, Entry, Sighting
from lockdep.graph.capacity import Units
from lockdep.graph.classes import LockClass, registry
from lockdep.graph.dependency import Witness
from lockdep.graph.graph import DependencyGraph
from lockdep.graph.runs import Run
from lockdep.graph.usage_table import UsageTable
from lockdep.trace import NO_STACK, StackTrace
from lockdep.validator.acquisition import Acquisition
from lockdep.validator.checks.declared import check_declared
from lockdep.validator.checks.irq_order import NewDependency, check_irq_order
from lockdep.validator.checks.irq_usage import NewUsage, check_inversion, check_state
from lockdep.validator.checks.join import Wanted, check_join, taken_at
from lockdep.validator.checks.recursion import check_class_recursion, check_recursion
from lockdep.validator.checks.sleep import check_sleep
from lockdep.validator.checks.wait_context import check_wait_context
from lockdep.validator.cycles import Cycles
from lockdep.validator.forks import MOST_TAKERS, Fork
from lockdep.validator.imports import ImportRules
from lockdep.validator.interrupts import Interrupts
from lockdep.validator.lonely import LonelyWaits
from lockdep.validator.nesting import blocking_tail, kind_of, twin_depth, with_sisters
from lockdep.validator.pools import PoolRules
from lockdep.validator.rings import Rings
from lockdep.validator.semaphores import UnitRules
from lockdep.validator.waits import WaitRules
from lockdep.violations.book import FindingBook
from lockdep.violations.bound import BoundReached
from lockdep.violations.forked import ForkedLock
from lockdep.violations.join import JoinWhileHolding
from lockdep.violations.misuse import LockMisuse
from lockdep.violations.violation import Violation
from lockdep.violations.where import HeldLock, Where
from lockdep.vocabulary.context import ORDINARY
from lockdep.vocabulary.grades import CERTAIN, POTENTIAL, STALL, UNMATCHED
from lockdep.vocabulary.kinds import EVENT, PROCESS, TIMED, WAIT
from lockdep.vocabulary.usage import BY_INSTANCE, USED, USED_READ, bits_of, single_bits
from lockdep.waits.held import thread_name

AcquisitionCheck = Callable[[Acquisition], Violation | None]
UsageCheck = Callable[[DependencyGraph, UsageTable, NewUsage], Violation | None]
DependencyCheck = Callable[[DependencyGraph, UsageTable, NewDependency], Violation | None]

# Each new chain, without graph lock.
ACQUISITION_CHECKS: Sequence[AcquisitionCheck] = (check_wait_context, check_sleep, check_declared)
USAGE_CHECKS: Sequence[UsageCheck] = (check_state, check_inversion)  # each usage bit that is new to a class
DEPENDENCY_CHECKS: Sequence[DependencyCheck] = (check_irq_order,)  # each new kind of a dependency, after its cycle

MOST_SORTS, MOST_TAKEN = 1024, 32  # sorts of runs whose locks are remembered, and how many of each
MOST_ALIKE = 8  # held locks of one class with which a new one is compared, the innermost ones
BY_CLASS = POTENTIAL, "judged by classes, as the kernel does: whatever their instances"  # grade and reason
_ORDINARY_BITS = [bits_of(inside=(), enabled=ORDINARY.enabled, read=read) for read in (False, True)]


class Rules:
    """What was learned of dependencies, usage and instances, and how it is judged."""

    def __init__(self, options: Options, root: Chain) -> None:
        self.options = options
        self.usage: UsageTable = UsageTable()
        self.book: FindingBook = FindingBook(options, self.usage)
        self.cycles: Cycles = Cycles(options, self.book, self.usage, root)
        self.rings: Rings = Rings(options, self.book, self.usage, self.cycles)
        self.over_fork: frozenset[int] = (
            frozenset()
        )  # serials of locks that the only thread of a child has from its parent
        self.thorough = False  # judge what is known already as well: an exception has ended the first attempt
        self.interrupts: Interrupts = Interrupts(self.usage, self.book)
        self.pools: PoolRules = PoolRules(self.book)
        self.units: UnitRules = UnitRules(self.book)
        self.waits: WaitRules = WaitRules(self.cycles, self.book, options.stack_depth)
        self.lonely: LonelyWaits = LonelyWaits(self.book)
        self.imports: ImportRules = ImportRules(self._depend, options.stack_depth)
        self.fork: Fork | None = None  # the last one that this process made, or that it began with
        self.takers: set[tuple[int, int]] = set()  # serials of threads, and of locks that they were seen to take
        self._took: dict[Hashable, dict[int, Sighting]] = {}  # the locks that runs of each sort took, by serial
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
        for prev in with_sisters(new.held, blocking_tail(new.held, new.mode)):
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
        if len(self.takers) < MOST_TAKERS:
            self.takers.add((new.thread_serial, new.serial))
        broken = self.check_acquisition(new)
        chain.young = new.fresh > 0
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
            for prev in with_sisters(new.held, blocking_tail(new.held, new.mode)):
                if prev.lock_class is not new.lock_class and prev.serial not in self.over_fork:
                    kind, witness = kind_of(prev.mode, new.mode), new.witness(prev, new.serial)
                    self._depend(prev, new.entry, kind, witness, new)
        if twin and (new.lock_class.by_instance or new.lock_class.order is not None):
            outermost = chain.depth - len(new.held)  # of the held locks that were seen
            chain.judge_instances(outermost + twin - 1, new.lock_class.order is None and not new.mode & fastpath.TIMED)
        self.cycles.watch.flag(chain, self.cycles.graph)
        self._see_watched(chain, new)
        self._bounds(new)

    def _mark(self, lock_class: LockClass, mode: int, wanted: int, new: Acquisition) -> None:
        """Give a class its usage bits; each new bit is checked against the class and those connected with it.

        No two bits contradict each other as long as no class was ever taken inside an interrupt.
        """
        for bit in single_bits(wanted if self.thorough else wanted & ~self.usage.mask(lock_class)):
            self.usage.mark(lock_class, bit, new.stack)
            if bit == USED and self.usage.mask(lock_class) & USED_READ:
                self.reconsider()  # an excuse may be that nobody writes
            if self.usage.any_inside and not bit & BY_INSTANCE:
                usage = NewUsage(lock_class, mode, bit, new.stack, new.where())
                for check in USAGE_CHECKS:
                    violation = check(self.cycles.graph, self.usage, usage)
                    if violation is not None:
                        self.book.register(violation, *BY_CLASS)

    def reconsider(self) -> None:
        """Judge again what is excused: an excuse may not hold any more."""
        self.cycles.reconsider()
        self.rings.reconsider()

    def settle(self) -> None:
        """Excuse that for which an excuse has become known, and judge again what is excused."""
        self.cycles.settle()
        self.rings.settle()

    def units_returned(self, units: Units) -> None:
        """Judge what was seen of a semaphore that counts as a lock from now on."""
        self.units.returned(units)
        self.reconsider()

    def units_given_away(self, units: Units) -> None:
        """Withdraw what was found of a semaphore that is a signal; for others it is no gate any more."""
        self.units.withdraw(units)
        self.settle()

    def inherited(self, new: Acquisition, other: int) -> None:
        """Judge, in a child, a lock that the thread `other` of the parent used, or held if this is negative."""
        if new.lock_class.kind == PROCESS:
            return  # the threads of the parent release it for all processes
        gone = fastpath.parents().get(abs(other))
        name = "an ended thread" if gone is None else thread_name(gone)
        held = None if self.fork is None else self.fork.held.get(new.serial)
        at = NO_STACK if self.fork is None else self.fork.at
        taken = NO_STACK if held is None else held.taken
        violation = ForkedLock(new.lock_class, other < 0, True, name, taken, at, new.where())
        if new.mode & fastpath.TIMED:
            self.book.register(violation, STALL, "the wait has a timeout")
        elif other < 0:
            self.book.register(violation, CERTAIN, "nobody in the child can release it")
        else:
            self.book.register(violation, POTENTIAL, "another thread of the parent uses the same lock")

    def crossed(self, new: Acquisition, crossed: int) -> None:
        """Judge a lock that a handler of Python's own takes, or ordinary code after it; see Sighting."""
        self.interrupts.crossed(new, crossed)

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
            self.waits.long.look_again()
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
        if new.held[twin - 1].serial == new.serial:
            self.recursion(new)
            return
        for prev in [lock for lock in reversed(new.held) if lock.lock_class is new.lock_class][:MOST_ALIKE]:
            if prev.serial not in self.over_fork and prev.serial != new.serial:
                self.rings.learn(new, prev, thorough=self.thorough)

    def judge(self, chain: Chain, new: Acquisition) -> None:
        """Judge a known chain by its instances: a class nested in itself, or a watched dependency."""
        if new.mode & (TRY | NOCHECK):
            return
        if not new.fresh:
            chain.young = False
        twin = twin_depth(new.held, new.lock_class)
        if twin:
            self.nested(new, twin)
        self._see_others(chain, new)
        self._see_watched(chain, new)

    def _see_watched(self, chain: Chain, new: Acquisition) -> None:
        """Keep an observation of the watched dependencies in which a chain ends, on whichever of the held locks."""
        beyond = chain.depth - 1 - len(new.held)  # held locks that a sighting leaves out, see MOST_HELD
        for dependency, depth, kind in self.cycles.watch.hits(chain):
            prev = new.held[depth - beyond - 1] if depth > beyond else None
            if prev is not None and prev.serial not in self.over_fork:
                seen = kind if new.mode & fastpath.TIMED else kind & ~TIMED
                self.cycles.see_again(dependency, seen, new.witness(prev, new.serial))

    def _see_others(self, chain: Chain, new: Acquisition) -> None:
        """Keep another observation of the dependencies in which a known chain ends.

        If all were looked at, and others that were kept say as much, that is so for each thread with these instances.
        """
        settled = self._may_settle(chain, new)
        for prev in with_sisters(new.held, blocking_tail(new.held, new.mode)):
            known = self.cycles.graph.find(prev.lock_class, new.lock_class)
            kind = kind_of(prev.mode, new.mode)
            if known is None or kind not in known.witnesses or prev.serial in self.over_fork:
                settled = False
                continue
            before, saturated = list(known.witnesses[kind]), known.saturated
            self.cycles.see_again(known, kind, new.witness(prev, new.serial))
            after = known.witnesses[kind]
            if (len(before), saturated) == (len(after), known.saturated):
                chain.more += chain.more >= 0  # it says nothing new, so another thread may still do
            known.crowded = known.crowded or chain.more == 0
            settled = settled and before == after and len(after) >= self.options.max_witnesses
        if settled:
            pool = None if new.within is None else new.within.pool
            chain.settle((new.serial, 0 if pool is None else pool.serial, *[lock.serial for lock in new.held]))

    def _may_settle(self, chain: Chain, new: Acquisition) -> bool:
        """Return whether all that can be said of an acquisition is which instances it takes, and in which pool."""
        lent = new.within is not None and new.within.inherits
        return not (new.fresh or lent or chain.judged or self.cycles.watch or twin_depth(new.held, new.lock_class))

    def recursion(self, new: Acquisition) -> None:
        """Judge a lock that is wanted by its own holder."""
        violation = check_recursion(new)
        if violation is None:
            return
        if new.entry.mode & fastpath.TIMED:  # also in a loop: another thread may free it, as a signal
            self.book.register(violation, STALL, "the wait has a timeout: not for ever, but that long")
        else:
            self.book.register(violation, CERTAIN, "the thread waits for itself")

    def joined(self, new: Acquisition, run: Run, *, timed: bool) -> None:
        """Judge a wait for a run that has ended: each held lock depends on every lock that the run took."""
        for prev in new.held:
            violation = check_join(prev, run, new.where(), timed=timed)
            if violation is not None:
                self._join_while_holding(prev, violation, new.thread_serial)
            elif not timed:
                self._join_by_sort(new, prev, run)
            for serial, seen in run.taken():
                entry = seen.chain.entry
                if entry.lock_class is not prev.lock_class:
                    kind = kind_of(prev.mode, entry.mode) | WAIT | (TIMED if timed else 0)
                    self._depend(prev, entry, kind, new.witness(prev, serial, run, taken_at(seen)), new)

    def process_joined(
        self, new: Acquisition, wanted: Mapping[int, Wanted], awaited: str, place: str, *, timed: bool
    ) -> None:
        """Judge a wait for another process, which wants these locks, by the serials that they have here."""
        for prev in new.held:
            want = wanted.get(prev.serial)
            if want is not None:
                violation = JoinWhileHolding(
                    prev, awaited, place, want.stack, timed, new.where(), want.gives_up, awaited_is="process"
                )
                self._join_while_holding(prev, violation, new.thread_serial)

    def _join_while_holding(self, prev: HeldLock, violation: JoinWhileHolding, waiter: int) -> None:
        """Judge that a run is waited for which has taken the lock `prev` of the waiter."""
        grade, reason = POTENTIAL, "the same lock is held by the waiter and taken by what it waits for"
        if violation.ends:
            grade, reason = STALL, "one of the waits has a timeout"
        capacity = prev.lock_class.base.capacity
        units = None if capacity is None else capacity.find(prev.serial)
        if units is None:
            self.book.register(violation, grade, reason)
        elif units.count == 1 or units.note_waiting(waiter) >= units.count:
            self.units.judge(units, violation, grade, reason)

    def _join_by_sort(self, new: Acquisition, prev: HeldLock, run: Run) -> None:
        """Judge that another run of the same sort as the one waited for has taken a lock which the waiter holds."""
        seen = self._took.get(run.sort, {}).get(prev.serial)
        if seen is not None and prev.lock_class.base.capacity is None:
            violation = JoinWhileHolding(prev, run.label(), run.place(), taken_at(seen), False, new.where())
            self.book.register(violation, UNMATCHED, "another one that was made at the same place has taken this lock")

    def remember(self, run: Run, sort: Hashable) -> None:
        """Remember the locks that a run took, for others of this sort. Needs no lock."""
        if len(self._took) >= MOST_SORTS and sort not in self._took:
            return
        took = self._took.setdefault(sort, {})
        for serial, seen in list(run.took.items()) if len(took) < MOST_TAKEN else ():
            if isinstance(serial, int) and len(took) < MOST_TAKEN:
                took.setdefault(serial, seen)

    def join_blocked(
        self, new: Acquisition, run: Run, serial: int, taken: StackTrace, timed: bool, gives_up: bool
    ) -> None:
        """Judge a wait for a run that waits at `taken` for the lock `serial`, which the waiter holds."""
        grade, reason = POTENTIAL, "the thread that is waited for is waiting for that lock now"
        if timed or gives_up:
            grade, reason = STALL, "one of the waits has a timeout"
        for prev in new.held:
            if prev.serial == serial:
                violation = JoinWhileHolding(prev, run.label(), run.place(), taken, timed, new.where(), gives_up)
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
        order = self.rings.orders.get(new.lock_class)
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
