"""What the reports about interrupts have in common: the thread's context, blocks of usage bits, the scenario table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lockdep.graph.classes import LockClass
from lockdep.graph.naming import shown_kind
from lockdep.splats.document import Brief, Scenario, Side
from lockdep.splats.page import Body, Page, chain_line, frames, heading, line, outcome, place
from lockdep.splats.sketch import Letters, calls, short_heads
from lockdep.splats.steps import Taking, by_name, column, dependency_block, sides
from lockdep.violations.interrupts import ClassUsage, PathLink
from lockdep.violations.where import Where
from lockdep.vocabulary.context import ContextSummary
from lockdep.vocabulary.states import STATES, State
from lockdep.vocabulary.usage import bit_name, is_read, state_of

IRQ_SCENARIO = heading(" Possible interrupt unsafe locking scenario:")


def who(where: Where) -> str:
    """Return the thread, which contexts it is inside of (C, depth in brackets), and which are enabled (E)."""
    context, states = where.context, shown_states(where.context)
    inside = [f"{state.letter}C{context.depth(state) > 0:d}[{context.depth(state)}]" for state in states]
    enabled = [f"{state.letter}E{context.is_on(state):d}" for state in states]
    return f"thread {where.thread} [{':'.join(inside + enabled)}]"


def event_lines(context: ContextSummary) -> Body:
    """Return lines that say where each context was last switched. The numbers count the switches of this thread."""
    last = {(switch.state, switch.on): switch for switch in context.switches}
    lines: Body = [f"irq event stamp: {context.event}"]
    for state in shown_states(context):
        if state.by_instance:
            continue  # nobody switches it
        for on in (True, False):
            switch = last.get((state, on))
            what = f"{state.noun}s last {'enabled' if on else 'disabled':>8} at"
            if switch is None:
                lines.append(f"{what} (0): never")
            else:
                lines.append(line(f"{what} ({switch.number}): ", place(switch.stack)))
    return lines


def last_switches(context: ContextSummary) -> list[Side]:
    """Return where each context was last switched on or off in this thread."""
    last = {switch.state: switch for switch in context.switches}  # the later one of a state comes last
    return [
        Side(f"{state.called} were last switched {'on' if switch.on else 'off'} here", calls((switch.stack, "")))
        for state, switch in last.items()
        if not state.by_instance
    ]


def shown_states(context: ContextSummary) -> list[State]:
    """Return the states that a report mentions: the simulated ones, and others that the thread has used."""
    return [state for state in STATES if state.simulated or context.concerns(state)]


def interruption(bit: int) -> str:
    """Return the text of a scenario table for an interrupt of the kind that a usage bit is about."""
    state = state_of(bit)
    return "<Interrupt>" if state.simulated else f"<{state.name.capitalize()}>"


def verb(bit: int) -> str:
    """Return the verb of a scenario table for the acquisition that set a usage bit."""
    return "rlock" if is_read(bit) else "lock"


def scenario(links: Sequence[PathLink], safe: ClassUsage, unsafe: ClassUsage) -> Body:
    """Return the scenario, below the classes that it goes through."""
    classes = [links[0].dependency.prev, *(link.dependency.next for link in links)]
    chain: Body = ["Chain exists of:", chain_line(classes), ""]
    steps = interrupted_steps(links, safe, unsafe)
    return ["", *chain, IRQ_SCENARIO, "", Scenario(steps), "", outcome(timed=False), ""]


def interrupted_steps(
    links: Sequence[PathLink], safe: ClassUsage, unsafe: ClassUsage, step: Taking = by_name
) -> tuple[tuple[int, str], ...]:
    """Return the steps: the holder of the unsafe lock is interrupted by code that waits for the safe one.

    Thread 0 is the interrupted one. Each other thread makes one of the dependencies that lead back to its lock.
    """
    columns = [column(link.kind, link.dependency.prev, link.dependency.next, link.witness.mode, step) for link in links]
    steps = [(0, step(verb(unsafe.bit), unsafe.lock_class))]
    if state_of(safe.bit).simulated:
        steps.append((1, "local_irq_disable();"))
    steps += [(number, first) for number, (first, _) in enumerate(columns, 1)]
    steps += [(number, then) for number, (_, then) in enumerate(columns, 1)]
    steps += [(0, interruption(safe.bit)), (0, f"  {step(verb(safe.bit), safe.lock_class)}")]
    return tuple(steps)


def sketched(page: Page, links: Sequence[PathLink], safe: ClassUsage, unsafe: ClassUsage) -> Brief:
    """Return where the unsafe lock can be interrupted, the way to it, and the handler that takes the safe one."""
    letters, state = Letters(page), state_of(safe.bit)
    first = letters.of(safe.lock_class)
    ways = [
        side
        for link in links
        for side in sides(letters, link.dependency.prev, link.dependency.next, link.kind, link.witness)
    ]
    name = letters.of(unsafe.lock_class)
    held = Side(f"ordinary code holds {name} while {state.noun}s can come", calls((unsafe.stack, f"holds {name}")))
    taken = Side(f"a {state.noun} handler takes {first}", calls((safe.stack, f"wants {first}")))
    steps = interrupted_steps(links, safe, unsafe, letters.taking)
    heads = ("interrupted", *(link.witness.thread for link in links))
    fix = f"switch {state.called} off wherever {name} is held, or do not take {name} under {first}"
    return Brief(letters.rows(), (held, *ways, taken), Scenario(steps, short_heads(heads)), outcome(timed=False), fix)


def way(page: Page, links: Sequence[PathLink], usages: Sequence[ClassUsage], number: int = 0) -> Body:
    """Return the classes on a path with all their usage bits, and between them both stacks of each dependency."""
    lines = class_block(page, links[0].dependency.prev, usages)
    for at, link in enumerate(links, number):
        lines += [*dependency_block(page, at, link.dependency.prev, link.dependency.next, link.kind, link.witness), ""]
        lines += class_block(page, link.dependency.next, usages)
    return lines


def class_block(page: Page, lock_class: LockClass, usages: Iterable[ClassUsage]) -> Body:
    """Return a class and the stacks that set its usage bits. Bits that were set by the same stack share it."""
    mine = [usage for usage in usages if usage.lock_class is lock_class]
    lines: Body = [line("-> ", page.class_name(lock_class), f" [{shown_kind(lock_class)}] {{")]
    for at, usage in enumerate(mine):
        lines.append(f"   {bit_name(usage.bit)} at:")
        if at + 1 == len(mine) or mine[at + 1].stack is not usage.stack:
            lines.append(frames(usage.stack))
    return [*lines, "}"]
