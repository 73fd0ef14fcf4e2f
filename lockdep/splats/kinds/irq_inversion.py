"""A class becomes irq-safe or irq-unsafe, and is connected with a class that is the opposite.

Kernel: print_irq_inversion_bug.
"""

from __future__ import annotations

from lockdep.splats.document import Brief
from lockdep.splats.interrupts import scenario, sketched, way
from lockdep.splats.page import INFO, Body, Page, backtrace, heading
from lockdep.splats.tellers import sketches, tells
from lockdep.violations.interrupts import ClassUsage, state_word
from lockdep.violations.irq_inversion import IrqInversion


@tells(IrqInversion)
def body(page: Page, violation: IrqInversion) -> Body:
    """Return the report: the class that changed, the other class, the scenario, and the path between them."""
    where, word = violation.where, state_word(violation.bit)
    safe, unsafe = opposites(violation)
    took = f"took another, {word}-unsafe" if violation.forwards else f"was taken by another, {word}-safe"
    lines: Body = [f"thread {where.thread} just changed the state of lock:", page.class_line(violation.lock_class)]
    lines += [f"but this lock {took} lock in the past:", page.class_line(violation.other.lock_class), ""]
    lines += ["and interrupts could create inverse lock ordering between them.", "", INFO]
    lines += [*scenario(violation.path_links, safe, unsafe), *page.held_list(where)]
    lines += ["", heading("the shortest dependencies between 2nd lock and 1st lock:")]
    return [*lines, *way(page, violation.path_links, violation.usages), *backtrace(where.stack)]


def opposites(violation: IrqInversion) -> tuple[ClassUsage, ClassUsage]:
    """Return the safe class and the unsafe one."""
    changed = ClassUsage(violation.lock_class, violation.bit, violation.where.stack)
    return (changed, violation.other) if violation.forwards else (violation.other, changed)


@sketches(IrqInversion)
def brief(page: Page, violation: IrqInversion) -> Brief:
    """Return what the handler does, each dependency, and where the unsafe lock is held."""
    return sketched(page, violation.path_links, *opposites(violation))
