"""The splat: a finding as text, in the kernel's layout, with the whole cycle and both stacks of each dependency.

No addresses, thread ids or absolute paths: the same bug gives the same text in every run.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from typing import Any

from lockdep import fastpath
from lockdep.classes import LockClass
from lockdep.dependency import RECURSIVE, SHARED, TIMED, WAIT, Witness
from lockdep.finding import Finding
from lockdep.trace import StackTrace
from lockdep.violations import (
    BadRelease,
    CircularDependency,
    EndedHolding,
    HeldLock,
    InstanceRing,
    JoinWhileHolding,
    Recursion,
)

Lines = list[str]

# The pure build does not know where a held lock was taken this time, only where its chain was first reached.
TAKEN = "taken at" if fastpath.BUILD == "compiled" else "first taken at"


def render_splat(finding: Finding) -> str:
    """Return the report of a finding."""
    body = _BODIES[type(finding.violation)](finding.violation)
    return "\n".join(
        [*header(finding), *body, "", f"evidence: {finding.grade} ({finding.level}): {finding.reason}", ""]
    )


def render_related(finding: Finding, shared: set[tuple[str, str]]) -> str:
    """Return the short form for a cycle through dependencies already reported: the others, with their stacks."""
    lines = [*header(finding), "another cycle through a dependency already reported:", ""]
    violation = finding.violation
    assert isinstance(violation, CircularDependency)
    for number, (dependency, (kind, witness)) in enumerate(zip(violation.path, violation.chosen, strict=True)):
        if (dependency.prev.name, dependency.next.name) in shared:
            lines += ["", f"-> #{number} {class_text(dependency.prev)} --> {class_text(dependency.next)}: see there"]
        else:
            lines += step(number, dependency.prev, dependency.next, kind, witness)
    return "\n".join([*lines, "", f"evidence: {finding.grade} ({finding.level}): {finding.reason}", ""])


def header(finding: Finding) -> Lines:
    title = f"WARNING: {finding.title}"
    where = f"Python {platform.python_version()} {platform.system()} [{finding.id}]"
    return ["", "=" * len(title), title, where, "-" * len(title)]


def circular(violation: CircularDependency) -> Lines:
    closing = violation.chosen[-1][1]
    prev, next_ = violation.path[-1].prev, violation.path[-1].next
    waits = bool(violation.chosen[-1][0] & WAIT)
    wants = f"waiting for {closing.run}, which takes" if waits else "trying to acquire"
    timed = " with a timeout" if violation.chosen[-1][0] & TIMED else ""
    lines = [f"thread {closing.thread} is {wants} lock{timed}:", class_line(next_), ""]
    lines += [
        "but it is already holding lock:",
        class_line(prev),
        "",
        "which lock already depends on the new lock.",
        "",
        "",
    ]
    lines += ["the existing dependency chain (in reverse order) is:"]
    for number, (dependency, (kind, witness)) in reversed(
        list(enumerate(zip(violation.path, violation.chosen, strict=True), 1))
    ):
        lines += step(number - 1, dependency.prev, dependency.next, kind, witness)
    return [*lines, "", *scenario(violation), *held_list(violation.held, violation.thread), *backtrace(violation.stack)]


def step(number: int, prev: LockClass, next_: LockClass, kind: int, witness: Witness) -> Lines:
    """Return one dependency: who, and both of its stacks."""
    how = "wait for what takes" if kind & WAIT else "acquire"
    run = f" ({witness.run})" if witness.run else ""
    timed = " with a timeout" if kind & TIMED else ""
    lines = ["", f"-> #{number} {class_text(prev)} --> {class_text(next_)}: {witness.thread}"]
    lines += [f"   held {prev.name}{' for read' if kind & SHARED else ''}, {TAKEN}:", *stack_lines(witness.prev_stack)]
    return [*lines, f"   to {how}{run} {next_.name}{' (recursive read)' if kind & RECURSIVE else ''}{timed} at:",
            *stack_lines(witness.next_stack)]  # fmt: skip


def scenario(violation: CircularDependency) -> Lines:
    """Return the table of who holds what and wants what: one column for each dependency of the cycle."""
    lines = ["other info that might help us debug this:", "", "Chain exists of:"]
    lines += ["  " + " --> ".join(dependency.prev.name for dependency in (*violation.path, violation.path[0])), ""]
    lines += [" Possible unsafe locking scenario:", ""]
    lines += table([
        [f"lock({dependency.prev.name});", f"{'wait' if kind & WAIT else 'lock'}({dependency.next.name});"]
        for dependency, (kind, _) in zip(violation.path, violation.chosen, strict=True)
    ])  # fmt: skip
    return [*lines, "", outcome(timed=any(kind & TIMED for kind, _ in violation.chosen)), ""]


def outcome(*, timed: bool) -> str:
    """Return what the scenario ends in: a wait with a timeout does not last for ever."""
    return " *** STALL ***" if timed else " *** DEADLOCK ***"


def table(columns: list[list[str]]) -> Lines:
    """Return the columns side by side, all first rows before all second rows; stacked when that is too wide."""
    width = max(len(text) for column in columns for text in column) + 3
    if width * len(columns) > 118:
        return stacked(columns)
    lines = ["  " + "".join(f"thread {i}".ljust(width) for i in range(len(columns))).rstrip()]
    lines += ["  " + "".join("--------".ljust(width) for _ in columns).rstrip()]
    for row in range(2):
        for i, column in enumerate(columns):
            lines.append("  " + " " * (width * i) + column[row])
    return lines


def stacked(columns: list[list[str]]) -> Lines:
    lines = []
    for row in range(2):
        lines += [f"  thread {i}: {column[row]}" for i, column in enumerate(columns)]
    return lines


def recursive(violation: Recursion) -> Lines:
    name = violation.prev.lock_class.name
    timed = " with a timeout" if violation.timed else ""
    lines = [f"thread {violation.thread} is trying to acquire lock{timed}:", class_line(violation.prev.lock_class), ""]
    lines += [f"but it is already holding the same lock, {TAKEN}:", *stack_lines(violation.prev.stack), ""]
    lines += [
        "other info that might help us debug this:",
        " Possible unsafe locking scenario:",
        "",
        "  thread 0",
        "  --------",
    ]
    lines += [f"  lock({name});", f"  lock({name});", "", outcome(timed=violation.timed), ""]
    lines += [" A lock that its holder may take again is an RLock", ""]
    return [*lines, *held_list(violation.held, violation.thread), *backtrace(violation.stack)]


def ring(violation: InstanceRing) -> Lines:
    numbers = {
        serial: f"instance {i}" for i, serial in enumerate(dict.fromkeys(w.prev_serial for w in violation.ring), 1)
    }
    lines = [
        f"thread {violation.thread} takes locks of one class in an order that closes a ring:",
        class_line(violation.lock_class),
    ]
    for number, witness in reversed(list(enumerate(violation.ring))):
        prev, next_ = numbers[witness.prev_serial], numbers.get(witness.next_serial, "another instance")
        lines += [
            "",
            f"-> #{number} {prev} --> {next_}: {witness.thread}",
            f"   held {prev}, {TAKEN}:",
            *stack_lines(witness.prev_stack),
        ]
        lines += [f"   to acquire {next_} at:", *stack_lines(witness.next_stack)]
    columns = [
        [f"lock({numbers[w.prev_serial]});", f"lock({numbers.get(w.next_serial, '?')});"] for w in violation.ring
    ]
    lines += [
        "",
        "other info that might help us debug this:",
        " Possible unsafe locking scenario:",
        "",
        *table(columns),
    ]
    lines += [
        "",
        " *** DEADLOCK ***",
        "",
        " Take locks of one class in one order, by a number of their own for instance",
        "",
    ]
    return [*lines, *held_list(violation.held, violation.thread), *backtrace(violation.stack)]


def join(violation: JoinWhileHolding) -> Lines:
    name = violation.prev.lock_class.name
    timed = " with a timeout" if violation.timed else ""
    lines = [f"thread {violation.thread} waits{timed} for:", f"  {violation.awaited} [{violation.awaited_place}]", ""]
    lines += [
        "while it is holding lock:",
        class_line(violation.prev.lock_class),
        f" {TAKEN}:",
        *stack_lines(violation.prev.stack),
        "",
    ]
    lines += ["and what it waits for takes that lock, first taken like that at:", *stack_lines(violation.taken), ""]
    lines += ["other info that might help us debug this:", " Possible unsafe locking scenario:", ""]
    lines += table(
        [[f"lock({name});", f"join({violation.awaited_place});"], [f"[{violation.awaited}]", f"lock({name});"]]
    )
    lines += ["", outcome(timed=violation.timed), ""]
    return [*lines, *held_list(violation.held, violation.thread), *backtrace(violation.stack)]


def release(violation: BadRelease) -> Lines:
    name = violation.lock_class.name
    lines = [f"thread {violation.thread} is trying to release lock ({name}) at:", *stack_lines(violation.stack)]
    lines += [
        f"but it is held by {violation.owner}!" if violation.owner else "but there are no more locks to release!",
        "",
    ]
    return [*lines, "other info that might help us debug this:", *held_list(violation.held, violation.thread)]


def lifetime(violation: EndedHolding) -> Lines:
    lines = held_list(violation.held, violation.thread)
    for number, lock in enumerate(violation.held):
        lines += ["", f"#{number} was first taken at:", *stack_lines(lock.stack)]
    return lines


def class_text(lock_class: LockClass) -> str:
    return f"({lock_class.name})"


def class_line(lock_class: LockClass) -> str:
    return f"  {class_text(lock_class)} [{lock_class.kind}]"


def held_list(held: tuple[HeldLock, ...], thread: str) -> Lines:
    """Return the locks that a thread holds, outermost first."""
    if not held:
        return [f"no locks held by {thread}."]
    lines = [f"{len(held)} lock{'s' if len(held) > 1 else ''} held by {thread}:"]
    return lines + [f" #{i}: {class_text(lock.lock_class)}, at: {site(lock.stack)}" for i, lock in enumerate(held)]


def site(stack: StackTrace) -> str:
    frame = next(stack.frames(), None)
    return "an unknown place" if frame is None else f"{frame.file}:{frame.line} in {frame.function}"


def backtrace(stack: StackTrace) -> Lines:
    return ["", "stack backtrace:", *stack_lines(stack)]


def stack_lines(stack: StackTrace) -> Lines:
    """Return a stack, innermost frame first, each frame with its source line."""
    lines: Lines = []
    for frame in stack.frames():
        lines.append(f"      {frame.file}:{frame.line} in {frame.function}")
        if frame.source:
            lines.append(f"        {frame.source}")
    return lines or ["      (no stack)"]


_BODIES: dict[type, Callable[[Any], Lines]] = {
    CircularDependency: circular,
    Recursion: recursive,
    InstanceRing: ring,
    JoinWhileHolding: join,
    BadRelease: release,
    EndedHolding: lifetime,
}
