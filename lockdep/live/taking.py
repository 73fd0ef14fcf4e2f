"""Take a snapshot of a validator while the program goes on.

No lock is taken, not even the graph lock: each table is copied in one step of the interpreter. What other threads teach
the validator in the meantime may be in the snapshot or not. Names and stacks are turned into text afterwards, each
frame once. No code of the program is called.

Cost: about 20 us for each dependency and 5 us for each chain, and the time to read the source lines that are shown.
"""

from __future__ import annotations

import os
import platform
import sys
import time
import weakref
from collections import Counter
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import cast

from lockdep import __version__, fastpath, runtime, trace
from lockdep.fastpath import NEST, NOCHECK, READ, RECURSIVE_READ, SYNC, TIMED, TRY, Chain, Entry
from lockdep.graph.classes import LockClass, registry
from lockdep.graph.dependency import Dependency
from lockdep.lock_stat import lock_stats
from lockdep.paths import short_path
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
from lockdep.vocabulary.kinds import kind_text
from lockdep.vocabulary.usage import bit_name, single_bits

_HOW = (
    (READ, "read"), (RECURSIVE_READ, "recursive read"), (TRY, "try"), (TIMED, "timed"), (NOCHECK, "nocheck"),
    (SYNC, "sync"), (NEST, "nest"),
)  # fmt: skip
_ids: weakref.WeakKeyDictionary[Validator, tuple[int, str]] = weakref.WeakKeyDictionary()


def snapshot() -> Snapshot:
    """Return a snapshot of the validator in force; it can be saved, merged and rendered."""
    validator = runtime.validator()
    validator.collect()
    return take(validator, lock_stats(validator))


def take(validator: Validator, stats: Sequence[ClassStatistics] = (), label: str = "") -> Snapshot:
    """Return a snapshot of this validator, with these statistics of its classes.

    `label` names the process in reports; the default is the name of the program.
    """
    chains, chained = known_chains(validator.root)
    dependencies = [one for row in list(validator.graph.after.copy().values()) for one in row.copy().values()]
    classes = [one for one in registry.classes() if one.entries]
    findings = validator.findings()
    run = this_run(validator, label)
    text = Texts(run.id)
    counted = merged_stats(stats)
    ops: Counter[str] = Counter()
    for stat in counted:
        ops[stat.name] += stat.acquisitions
    named = {one.name: one for one in reversed(every_class(classes, dependencies, chained))}
    return Snapshot(
        runs=(run,),
        classes=tuple(class_record(validator, name, named[name], ops[name]) for name in sorted(named)),
        dependencies=merged_dependencies(text.dependency(one) for one in dependencies),
        chains=chains,
        findings=in_strength(FindingRecord.of(one, tell(one)) for one in findings),
        stats=counted,
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
    bits = tuple(bit_name(bit) for bit in single_bits(validator.rules.usage.mask(lock_class)))
    return ClassRecord(name, lock_class.kind, bits, lock_class.outer, lock_class.traits.inner, ops)


def known_chains(root: Chain) -> tuple[tuple[ChainRecord, ...], list[LockClass]]:
    """Return the record of every validated chain, in order, and the classes in them.

    The children of the root that are no entries are contexts. The locks of a chain are those of its parent and one
    more, and are made of them, so that deep chains cost little. Chains of the same names are one record.
    """
    found: dict[tuple[int, str], ChainRecord] = {}
    longer: dict[tuple[int, str, str], Locks] = {}  # by id(): all that are in here stay alive
    classes: dict[LockClass, None] = {}
    stack: list[tuple[Chain, str, Locks]] = [(root, "", ())]
    while stack:
        chain, context, locks = stack.pop()
        for key, child in cast("dict[object, Chain]", chain.children or {}).copy().items():
            if not isinstance(key, Entry):
                stack.append((child, context_words(key), locks))
                continue
            classes[key.lock_class] = None
            name, mode = key.lock_class.name, how(key.mode)
            further = longer.setdefault((id(locks), name, mode), (*locks, (name, mode)))
            stack.append((child, context, further))
            if child.known:
                found.setdefault((id(further), context), ChainRecord(further, context))
    return tuple(sorted(found.values(), key=attrgetter("locks", "context"))), list(classes)


def context_words(key: object) -> str:
    """Return the handlers that a context is inside of: hardirq, softirq, both, or nothing."""
    inside = key[0] if isinstance(key, tuple) else ()
    return " ".join(state.noun for state in inside)


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


class Texts:
    """Turns stacks and dependencies into text, each frame and each stack once."""

    def __init__(self, run: str) -> None:
        self._run = run
        self._runs = frozenset((run,))
        self._frames: dict[tuple[str, str, int], Frame] = {}
        self._files: dict[str, tuple[bool, str]] = {}
        self._stacks: dict[Stack, Stack] = {}
        self._known: dict[int, tuple[StackTrace, Stack]] = {}

    def dependency(self, dependency: Dependency) -> DependencyRecord:
        """Return the record of a dependency."""
        kinds = []
        for kind, witnesses in sorted((kind_text(kind), kept) for kind, kept in dependency.witnesses.copy().items()):
            seen = [
                WitnessRecord(
                    self.stack(one.prev_stack), self.stack(one.next_stack), str(one.thread), str(one.run), self._run
                )
                for one in witnesses.copy()
            ]
            kinds.append(KindRecord.of(kind, self._runs, len(seen), seen, dependency.saturated))
        return DependencyRecord(dependency.prev.name, dependency.next.name, tuple(kinds))

    def stack(self, stack: StackTrace) -> Stack:
        """Return the frames of a stack without the hidden ones; all of them if none would be left."""
        known = self._known.get(id(stack))
        if known is not None:
            return known[1]
        shown = [step for step in stack.steps if not self._file(step.file)[0]] or stack.steps
        found = tuple([self._frame(step) for step in shown])
        found = self._stacks.setdefault(found, found)
        self._known[id(stack)] = (stack, found)
        return found

    def _frame(self, step: Step) -> Frame:
        key = (step.file, step.function, step.line)
        found = self._frames.get(key)
        if found is None:
            source = trace.source_line(step.file, step.line)
            found = self._frames[key] = Frame(self._file(step.file)[1], step.line, step.function, source)
        return found

    def _file(self, name: str) -> tuple[bool, str]:
        """Return whether frames of a file are hidden, and the short name of the file."""
        found = self._files.get(name)
        if found is None:
            found = self._files[name] = (trace.is_hidden(name), short_path(name))
        return found


def this_run(validator: Validator, label: str) -> ProcessRecord:
    """Return the record of this process. Of its command line only the program's name is kept: it may hold secrets."""
    options = validator.options
    fields = sorted(options.__dataclass_fields__)
    return ProcessRecord(
        id=run_id(validator),
        label=label or os.path.basename(sys.argv[0] if sys.argv else "") or "python",
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
