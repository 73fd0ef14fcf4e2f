"""A new dependency that connects an irq-safe class with an irq-unsafe one (kernel: print_bad_irq_dependency)."""

from __future__ import annotations

from lockdep.splats.document import Brief
from lockdep.splats.interrupts import class_block, scenario, sketched, way, who
from lockdep.splats.page import INFO, Body, Page, backtrace, frames, heading, line
from lockdep.splats.steps import dependency_block
from lockdep.splats.tellers import sketches, tells
from lockdep.violations.interrupts import state_word
from lockdep.violations.irq_order import IrqOrder


@tells(IrqOrder)
def body(page: Page, violation: IrqOrder) -> Body:
    """Return the report: the new dependency, the classes that it connects, the scenario, and the whole path."""
    where, word = violation.where, state_word(violation.safe.bit)
    prev, next_ = page.class_name(violation.prev.lock_class), page.class_name(violation.lock_class)
    lines: Body = [f"{who(where)} is trying to acquire:", page.class_line(violation.lock_class), ""]
    lines += ["and this thread is already holding:", line("  ", *page.lock_parts(violation.prev)), ""]
    lines += ["which would create a new lock dependency:", line("  ", prev, " -> ", next_), ""]
    lines += [f"but this new dependency connects a {word}-irq-safe lock:", page.class_line(violation.safe.lock_class)]
    lines += ["", f"... which became {word}-irq-safe at:", frames(violation.safe.stack), ""]
    lines += [f"to a {word}-irq-unsafe lock:", page.class_line(violation.unsafe.lock_class), ""]
    lines += [f"... which became {word}-irq-unsafe at:", frames(violation.unsafe.stack), "", INFO]
    lines += scenario(violation.path_links, violation.safe, violation.unsafe)
    return [*lines, *page.held_list(where), *dependencies(page, violation, word), *backtrace(where.stack)]


def dependencies(page: Page, violation: IrqOrder, word: str) -> Body:
    """Return every class and dependency on the path from the safe lock to the unsafe one."""
    links, usages, at = violation.path_links, violation.usages, len(violation.behind)
    behind, new, ahead = links[:at], links[at], links[at + 1 :]
    lines: Body = ["", heading(f"the dependencies between {word}-irq-safe lock and the holding lock:")]
    lines += way(page, behind, usages) if behind else class_block(page, violation.prev.lock_class, usages)
    lines += ["", heading("the new dependency:")]
    lines += dependency_block(page, at, new.dependency.prev, new.dependency.next, new.kind, new.witness)[1:]
    lines += ["", heading(f"the dependencies between the lock to be acquired and {word}-irq-unsafe lock:")]
    return lines + (way(page, ahead, usages, at + 1) if ahead else class_block(page, violation.lock_class, usages))


@sketches(IrqOrder)
def brief(page: Page, violation: IrqOrder) -> Brief:
    """Return what the handler does, each dependency, and where the unsafe lock is held."""
    return sketched(page, violation.path_links, violation.safe, violation.unsafe)
