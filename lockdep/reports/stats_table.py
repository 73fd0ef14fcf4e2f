"""The counts of the kernel's /proc/lockdep_stats: classes, dependencies, chains, and how the classes are used.

Counts that have no meaning here are left out (memory pools, the kernel's own switch). Our own counters follow.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING

from lockdep.snapshots.knots import reach, successors
from lockdep.snapshots.records import Stack
from lockdep.vocabulary.states import SHOWN, STATES, State
from lockdep.vocabulary.usage import USED, USED_READ

if TYPE_CHECKING:
    from lockdep.snapshots.snapshot import Snapshot


def render_stats(snapshot: Snapshot) -> str:
    """Return the table, with a line for each count."""
    most = max((run.option("max_chains") or 0 for run in snapshot.runs), default=0)
    bounds = {"dependency chains": most} if most else {}
    lines = []
    for label, value in counts(snapshot):
        bound = f" [max: {bounds[label]}]" if label in bounds else ""
        lines.append(f" {label + ':':<31}{value:>11}{bound}")
    return "\n".join(lines) + "\n"


def counts(snapshot: Snapshot) -> Iterator[tuple[str, int]]:
    """Yield (label, count) in the kernel's order."""
    used = dict(usage_counts([record.mask for record in snapshot.classes]))
    reached = reach(successors(snapshot.dependencies))
    contexts = [chain.context for chain in snapshot.chains]
    inside = {state: sum(state.noun in context.split() for context in contexts) for state in STATES}
    shown = [state for state in STATES if state.simulated or inside[state]]
    direct = len(snapshot.dependencies)
    alone = len(snapshot.classes) - len(reached)
    yield "lock-classes", len(snapshot.classes)
    yield "direct dependencies", direct
    yield "indirect dependencies", sum(reached.values()) + alone
    # As in the kernel: each pair of an irq-unsafe and an irq-safe lock counts, plus the known dependencies.
    yield (
        "all direct dependencies",
        (used["irq-unsafe"] * used["irq-safe"] + used["hardirq-unsafe"] * used["hardirq-safe"] + direct),
    )
    yield "dependency chains", len(contexts)
    yield "dependency chain hlocks used", sum(len(chain.locks) for chain in snapshot.chains)
    for state in shown:
        yield f"in-{state.noun} chains", inside[state]
    yield "in-process chains", contexts.count("")
    yield "number of stack traces", len(different_stacks(snapshot))
    yield "combined max dependencies", prod(inside[state] + 1 for state in shown) * (contexts.count("") + 1)
    for label, count in used.items():
        yield f"{label} locks", count
    yield "max locking depth", max((len(chain.locks) for chain in snapshot.chains), default=0)
    yield "findings", len(snapshot.findings)
    yield "unvalidated acquisitions", total(snapshot, "unvalidated")
    yield "internal failures", total(snapshot, "failures")
    yield "runs", len(snapshot.runs)


def usage_counts(masks: list[int]) -> Iterator[tuple[str, int]]:
    """Yield how many classes were used in and with the simulated interrupts, writes before reads."""
    for read in (False, True):
        word = "-read" * read
        for states, name in (*(((state,), state.noun) for state in SHOWN), (SHOWN, "irq")):
            for inside, kind in ((True, "safe"), (False, "unsafe")):
                wanted = any_of(states, inside=inside, read=read)
                yield f"{name}{word}-{kind}", sum(bool(mask & wanted) for mask in masks)
    yield "uncategorized", sum(mask in (USED, USED_READ) for mask in masks)
    yield "unused", masks.count(0)


def any_of(states: tuple[State, ...], *, inside: bool, read: bool) -> int:
    return sum(state.bit(inside=inside, read=read) for state in states)


def different_stacks(snapshot: Snapshot) -> set[Stack]:
    witnesses = (witness for one in snapshot.dependencies for kind in one.kinds for witness in kind.witnesses)
    return {stack for witness in witnesses for stack in (witness.held, witness.wanted)}


def total(snapshot: Snapshot, counter: str) -> int:
    return sum(dict(run.counters).get(counter, 0) for run in snapshot.runs)
