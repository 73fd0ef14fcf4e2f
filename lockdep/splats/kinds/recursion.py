"""A lock taken again by its holder, or a second one of its class (kernel: print_deadlock_bug)."""

from __future__ import annotations

from lockdep.fastpath import TIMED
from lockdep.graph.comparison import Compared
from lockdep.splats.document import Brief, Side
from lockdep.splats.page import INFO, SCENARIO, TAKEN, Body, Page, frames, outcome, table
from lockdep.splats.sketch import Letters, calls, scene
from lockdep.splats.steps import waiting_verb
from lockdep.splats.tellers import sketches, tells
from lockdep.violations.recursion import Recursion


@tells(Recursion)
def body(page: Page, violation: Recursion) -> Body:
    """Return the report of a recursion."""
    timed = bool(violation.mode & TIMED)
    lines: Body = [f"thread {violation.where.thread} is trying to acquire lock{' with a timeout' if timed else ''}:"]
    compared = violation.comparison or Compared(0)
    lines += [page.class_line(violation.lock_class), *described(compared.new), "", "but it is already holding lock:"]
    lines += [page.class_line(violation.prev.lock_class), *described(compared.held)]
    if violation.comparison is not None:
        lines += [f"and the lock comparison function returns {compared.answer}:"]
    which = "the same lock" if violation.same else "another lock of its class"
    lines += ["", f"which is {which}, {TAKEN}:", frames(violation.prev.stack)]
    held = f"{waiting_verb(violation.prev.mode)}({violation.prev.lock_class.name});"
    wanted = f"{waiting_verb(violation.mode)}({violation.lock_class.name});"
    lines += ["", INFO, SCENARIO, "", table([[held, wanted]]), "", outcome(timed=timed), ""]
    return [*lines, *advice(violation), "", *page.tail(violation.where)]


@sketches(Recursion)
def brief(page: Page, violation: Recursion) -> Brief:
    """Return where the thread took the lock, and where it wants it again."""
    letters, timed = Letters(page), bool(violation.mode & TIMED)
    held, wanted = letters.of(violation.prev.lock_class), letters.of(violation.lock_class)
    which = "again" if violation.same else "of another object of the same class"
    heading = f"{violation.where.thread} holds {held}, and wants {wanted} {which}{' with a timeout' if timed else ''}"
    stacks = (violation.prev.stack, f"holds {held}"), (violation.where.stack, f"wants {wanted}")
    steps = [f"{waiting_verb(violation.prev.mode)}({held});", f"{waiting_verb(violation.mode)}({wanted});"]
    fix = OF_THREADING if violation.lock_class.by_instance else OF_PRIMITIVES
    table = scene([(violation.where.thread, steps)])
    return Brief(letters.rows(), (Side(heading, calls(*stacks)),), table, outcome(timed=timed), fix)


OF_THREADING = "do not take it twice, or use an RLock, which its holder may take again"
OF_PRIMITIVES = "do not take it twice; if such locks have an order, declare it (subclass=, nest=, set_order)"


def described(text: str) -> Body:
    """Return the description of an instance, which a callback of the program made, as a line."""
    return [f"    {text}"] if text else []


def advice(violation: Recursion) -> Body:
    """Return the lines that tell the reader what to change."""
    if violation.lock_class.by_instance:
        return [" A lock that its holder may take again is an RLock"]
    return [" May be due to missing lock nesting notation"]
