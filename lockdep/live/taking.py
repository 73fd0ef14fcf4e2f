"""Take a snapshot of a validator while the program goes on.

No lock is taken, not even the graph lock: each table is copied in one step of the interpreter. What other threads teach
the validator in the meantime may be in the snapshot or not. Names and stacks are turned into text afterwards, each
frame once. No code of the program is called.

Cost: about 10 us for each dependency and class, 2 us for each chain, and the time to read the source lines that are
shown.
"""

from __future__ import annotations

import os
import platform
import sys
import time
import weakref
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from operator import attrgetter, itemgetter
from typing import cast

from lockdep import __version__, fastpath, runtime, trace
from lockdep.evidence.given_away import says_nothing
from lockdep.fastpath import NEST, NOCHECK, READ, RECURSIVE_READ, SYNC, TIMED, TRY, Chain, Entry
from lockdep.graph.classes import LockClass, registry
from lockdep.graph.dependency import Dependency, HeldLock, Witness
from lockdep.live.before import NOTHING, SeenBefore
from lockdep.lock_stat import lock_stats
from lockdep.paths import is_library, program_name, short_path
from lockdep.places import Step
from lockdep.snapshots.lock_statistics import ClassStatistics
from lockdep.snapshots.records import (
    ChainRecord,
    ClassRecord,
    DependencyRecord,
    FindingRecord,
    KindRecord,
    Locks,
    ProcessRecord,
    Stack,
    WitnessRecord,
)
from lockdep.snapshots.snapshot import Snapshot
from lockdep.splats.splat import tell
from lockdep.trace import Frame, StackTrace
from lockdep.validator.validator import Validator
from lockdep.violations.finding import Finding
from lockdep.vocabulary.kinds import kind_text
from lockdep.vocabulary.usage import bit_name, single_bits

_HOW = (
    (READ, "read"), (RECURSIVE_READ, "recursive read"), (TRY, "try"), (TIMED, "timed"), (NOCHECK, "nocheck"),
    (SYNC, "sync"), (NEST, "nest"),
)  # fmt: skip
_ids: weakref.WeakKeyDictionary[Validator, tuple[int, str]] = weakref.WeakKeyDictionary()


def snapshot(without: SeenBefore = NOTHING) -> Snapshot:
    """Return a snapshot of the validator in force; it can be saved, merged and rendered.

    What was known `without` it is left out; see `take`.
    """
    validator = runtime.validator()
    validator.collect()
    return take(validator, lock_stats(validator), without=without)


def take(
    validator: Validator, stats: Sequence[ClassStatistics] = (), label: str = "", without: SeenBefore = NOTHING
) -> Snapshot:
    """Return a snapshot of this validator, with these statistics of its classes.

    `label` names the process in reports; the default is the name of the program. Dependencies and findings that are in
    what was known before, `without`, are left out.
    """
    chains, chained = known_chains(validator.root)
    dependencies = without.new_dependencies(validator)
    classes = [one for one in registry.classes() if one.entries]
    findings = without.new_findings(validator)
    run = this_run(validator, label)
    text = Texts(run.id)
    counted = merged_stats(stats)
    ops: dict[str, int] = {}
    for stat in counted:
        ops[stat.name] = ops.get(stat.name, 0) + stat.acquisitions
    named = {one.name: one for one in reversed(every_class(classes, dependencies, chained))}
    return Snapshot(
        runs=(run,),
        classes=tuple(class_record(validator, name, named[name], ops.get(name, 0)) for name in sorted(named)),
        dependencies=merged_dependencies(text.dependency(one) for one in dependencies if says_anything(one)),
        chains=chains,
        findings=finding_records(findings, run),
        stats=counted,
    )


def found_since(before: SeenBefore) -> Snapshot:
    """Return a snapshot of nothing but the findings that are new since then, or were met again or regraded.

    Cost: about a millisecond for each.
    """
    validator = runtime.validator()
    findings = list(before.new_findings(validator))
    run = this_run(validator, "")
    classes = {one.name: one for finding, _ in findings for one in finding.violation.classes}
    return Snapshot(
        runs=(run,),
        classes=tuple(class_record(validator, name, classes[name], 0) for name in sorted(classes)),
        dependencies=(),
        chains=(),
        findings=finding_records(findings, run),
        stats=(),
    )


def finding_records(findings: Iterable[tuple[Finding, int]], run: ProcessRecord) -> tuple[FindingRecord, ...]:
    """Return the records of findings of this process, each with how often it was met; the strongest first."""
    return in_strength(
        replace(FindingRecord.of(one, tell(one), processes=(run.process,)), count=count) for one, count in findings
    )


def every_class(
    classes: Iterable[LockClass], dependencies: Iterable[Dependency], chained: Iterable[LockClass]
) -> list[LockClass]:
    """Return the classes of this process with their subclasses, and those that only the graph or a chain knows."""
    found = dict.fromkeys(classes)
    for one in classes:
        found.update(dict.fromkeys(one.subclasses.copy().values()))
    for dependency in dependencies:
        found[dependency.prev] = found[dependency.next] = None
    found.update(dict.fromkeys(chained))
    return list(found)


def class_record(validator: Validator, name: str, lock_class: LockClass, ops: int) -> ClassRecord:
    """Return the record of a class."""
    bits = bit_names(validator.rules.usage.mask(lock_class))
    return ClassRecord(name, lock_class.kind, bits, lock_class.outer, lock_class.traits.inner, ops)


@cache
def bit_names(mask: int) -> tuple[str, ...]:
    """Return the names of usage bits, lowest first."""
    return tuple(map(bit_name, single_bits(mask)))


def known_chains(root: Chain) -> tuple[tuple[ChainRecord, ...], list[LockClass]]:
    """Return the record of every validated chain, in order, and the classes in them.

    The children of the root that are no entries are contexts. The locks of a chain are those of its parent and one
    more, and are made of them, so that deep chains cost little. Chains of the same names are one record.
    """
    found: dict[str, dict[Locks, None]] = {}  # by context
    taken: dict[Entry, tuple[str, str]] = {}
    stack: list[tuple[Chain, str, Locks]] = [(root, "", ())]
    while stack:
        chain, context, locks = stack.pop()
        chains = found.setdefault(context, {})
        for key, child in cast("dict[object, Chain]", chain.children or {}).copy().items():
            if not isinstance(key, Entry):
                stack.append((child, context_words(key), locks))
                continue
            one = taken.get(key)
            if one is None:
                one = taken[key] = (key.lock_class.name, how(key.mode))
            further = (*locks, one)
            if child.children:
                stack.append((child, context, further))
            if child.known:
                chains[further] = None
    records = [ChainRecord(locks, context) for context in sorted(found) for locks in found[context]]
    return tuple(sorted(records, key=attrgetter("locks"))), [entry.lock_class for entry in taken]


def context_words(key: object) -> str:
    """Return the handlers that a context is inside of: hardirq, softirq, both, or nothing."""
    inside = key[0] if isinstance(key, tuple) else ()
    return " ".join(state.noun for state in inside)


@cache
def how(mode: int) -> str:
    """Return how a lock was taken as text; empty for the plain way."""
    return ", ".join(word for bit, word in _HOW if mode & bit)


def in_strength(findings: Iterable[FindingRecord]) -> tuple[FindingRecord, ...]:
    """Return findings in order, the strongest first."""
    return tuple(sorted(findings, key=lambda finding: finding.strength))


def merged_stats(stats: Iterable[ClassStatistics]) -> tuple[ClassStatistics, ...]:
    """Return statistics in order of their names, one for each name."""
    found: dict[tuple[str, bool], ClassStatistics] = {}
    for stat in stats:
        known = found.get((stat.name, stat.read))
        found[stat.name, stat.read] = stat if known is None else known.merged(stat)
    return tuple(found[key] for key in sorted(found))


def merged_dependencies(records: Iterable[DependencyRecord]) -> tuple[DependencyRecord, ...]:
    """Return the dependencies in order; those with the same names are merged, as after a module was loaded twice."""
    found: dict[tuple[str, str], DependencyRecord] = {}
    for one in records:
        known = found.get((one.prev, one.next))
        found[one.prev, one.next] = one if known is None else known.merged(one)
    return tuple(found[key] for key in sorted(found))


def telling(dependency: Dependency, kept: list[Witness]) -> list[Witness]:
    """Return the observations of a dependency that say something: not those of semaphores that are signals."""
    return [witness for witness in kept.copy() if not says_nothing(dependency, witness)]


def says_anything(dependency: Dependency) -> bool:
    """Return whether any of its observations does."""
    return any(telling(dependency, kept) for kept in dependency.witnesses.copy().values())


class Texts:
    """Turns stacks and dependencies into text, each frame and each stack once."""

    def __init__(self, run: str) -> None:
        self._run = run
        self._runs = frozenset((run,))
        self._frames: dict[tuple[str, str, int], Frame] = {}
        self._files: dict[str, tuple[bool, str, bool]] = {}
        self._stacks: dict[Stack, Stack] = {}
        self._known: dict[int, tuple[StackTrace, Stack]] = {}

    def dependency(self, dependency: Dependency) -> DependencyRecord:
        """Return the record of a dependency."""
        seen = [(kind_text(kind), telling(dependency, kept)) for kind, kept in dependency.witnesses.copy().items()]
        kinds = [
            self._kind(words, kept, dependency.saturated) for words, kept in sorted(seen, key=itemgetter(0)) if kept
        ]
        return DependencyRecord(dependency.prev.name, dependency.next.name, tuple(kinds))

    def _kind(self, words: str, kept: list[Witness], saturated: bool) -> KindRecord:
        if len(kept) == 1:
            return KindRecord(words, self._runs, 1, (self._witness(kept[0]),), saturated)
        return KindRecord.of(words, self._runs, len(kept), list(map(self._witness, kept)), saturated)

    def _witness(self, one: Witness) -> WitnessRecord:
        held, wanted = self.stack(one.prev_stack), self.stack(one.next_stack)
        return WitnessRecord(held, wanted, str(one.thread), str(one.run), self._run, 1, exclusive(one.others))

    def stack(self, stack: StackTrace) -> Stack:
        """Return the frames of a stack as StackTrace.frames does, each from the table of frames."""
        known = self._known.get(id(stack))
        if known is not None:
            return known[1]
        shown = [step for step in stack.steps if not self._file(step.file)[0]]
        found = tuple([self._frame(step) for step in shown] or stack.frames())
        found = self._stacks.setdefault(found, found)
        self._known[id(stack)] = (stack, found)
        return found

    def _frame(self, step: Step) -> Frame:
        key = (step.file, step.function, step.line)
        found = self._frames.get(key)
        if found is None:
            _, file, library = self._file(step.file)
            source = trace.source_line(step.file, step.line)
            found = self._frames[key] = Frame(file, step.line, step.function, source, library)
        return found

    def _file(self, name: str) -> tuple[bool, str, bool]:
        """Return whether frames of a file are hidden, the short name of the file, and whether it is of a library."""
        found = self._files.get(name)
        if found is None:
            found = self._files[name] = (trace.is_hidden(name), short_path(name), is_library(name))
        return found


def exclusive(locks: Sequence[HeldLock]) -> tuple[str, ...]:
    """Return the classes of those locks that keep every other thread out."""
    if not locks:
        return ()
    return tuple(sorted({one.lock_class.name for one in locks if not one.mode & (READ | RECURSIVE_READ)}))


def this_run(validator: Validator, label: str) -> ProcessRecord:
    """Return the record of this process. Of its command line only the program's name is kept: it may hold secrets."""
    options = validator.options
    fields = sorted(options.__dataclass_fields__)
    return ProcessRecord(
        id=run_id(validator),
        label=label or program_name(),
        taken=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        python=f"{platform.python_implementation()} {platform.python_version()}{gil()}",
        platform=f"{platform.system()} {platform.release()} {platform.machine()}",
        build=fastpath.BUILD,
        lockdep=__version__,
        pid=os.getpid(),
        options=tuple((name, getattr(options, name)) for name in fields),
        counters=counters(validator),
    )


def gil() -> str:
    return "" if getattr(sys, "_is_gil_enabled", lambda: True)() else " free-threaded"


def counters(validator: Validator) -> tuple[tuple[str, int], ...]:
    """Return the numbers that cannot be derived from the rest of the snapshot."""
    counted = {
        "chains": validator.chains,
        "failures": validator.failures,
        "findings": sum(one.count for one in validator.findings()),
        "stack traces": len(trace._interned),
        "threads": len(fastpath.threads()),
        "unvalidated": fastpath.lost(),
    }
    return tuple(sorted(counted.items()))


def run_id(validator: Validator) -> str:
    """Return a random identifier, one for each validator and process."""
    known = _ids.get(validator)
    if known is None or known[0] != os.getpid():
        known = _ids[validator] = (os.getpid(), os.urandom(8).hex())
    return known[1]
