"""A lock taken again by its holder, or a second one of its class (kernel: print_deadlock_bug)."""

from __future__ import annotations

from lockdep.fastpath import TIMED
from lockdep.graph.comparison import Compared
from lockdep.splats.page import INFO, SCENARIO, TAKEN, Lines, Page, outcome, stack_lines
from lockdep.splats.steps import waiting_verb
from lockdep.splats.tellers import tells
from lockdep.violations.recursion import Recursion


@tells(Recursion)
def body(page: Page, violation: Recursion) -> Lines:
    """Return the report of a recursion."""
    timed = bool(violation.mode & TIMED)
    lines = [f"thread {violation.where.thread} is trying to acquire lock{' with a timeout' if timed else ''}:"]
    compared = violation.comparison or Compared(0)
    lines += [page.class_line(violation.lock_class), *described(compared.new), "", "but it is already holding lock:"]
    lines += [page.class_line(violation.prev.lock_class), *described(compared.held)]
    if violation.comparison is not None:
        lines += [f"and the lock comparison function returns {compared.answer}:"]
    which = "the same lock" if violation.same else "another lock of its class"
    lines += ["", f"which is {which}, {TAKEN}:", *stack_lines(violation.prev.stack)]
    lines += ["", INFO, SCENARIO, "", "  thread 0", "  --------"]
    lines += [f"  {waiting_verb(violation.prev.mode)}({violation.prev.lock_class.name});"]
    lines += [f"  {waiting_verb(violation.mode)}({violation.lock_class.name});", "", outcome(timed=timed), ""]
    return [*lines, *advice(violation), "", *page.tail(violation.where)]


def described(text: str) -> Lines:
    """Return what the callback that describes an instance says of it."""
    return [f"    {text}"] if text else []


def advice(violation: Recursion) -> Lines:
    """Return what may be done about it."""
    if violation.lock_class.by_instance:
        return [" A lock that its holder may take again is an RLock"]
    return [" May be due to missing lock nesting notation"]
