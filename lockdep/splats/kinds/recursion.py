"""A lock taken again by its holder, or a second one of its class (kernel: print_deadlock_bug)."""

from __future__ import annotations

from lockdep.fastpath import TIMED
from lockdep.graph.comparison import Compared
from lockdep.splats.document import Brief, Side
from lockdep.splats.page import INFO, SCENARIO, TAKEN, Body, Page, frames, outcome, table
from lockdep.splats.sketch import Letters, calls, scene
from lockdep.splats.steps import has_units, taking_verb
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
    which = (
        "the same semaphore"
        if wants_unit(violation)
        else "the same lock"
        if violation.same
        else "another lock of its class"
    )
    lines += ["", f"which is {which}, {TAKEN}:", frames(violation.prev.stack)]
    columns = [steps for _, steps in told(violation, violation.prev.lock_class.name, violation.lock_class.name)]
    lines += ["", INFO, SCENARIO, "", table(columns), "", outcome(timed=timed), ""]
    return [*lines, *advice(violation), "", *page.tail(violation.where)]


@sketches(Recursion)
def brief(page: Page, violation: Recursion) -> Brief:
    """Return where the thread took the lock, and where it wants it again."""
    letters, timed = Letters(page), bool(violation.mode & TIMED)
    letter, wanted = letters.of(violation.prev.lock_class), letters.of(violation.lock_class)
    held, which = letter, f"{wanted} again" if violation.same else f"{wanted} of another object of the same class"
    if wants_unit(violation):
        held, which = f"a unit of {held}", "another one"
    heading = f"{violation.where.thread} holds {held}, and wants {which}{' with a timeout' if timed else ''}"
    stacks = (violation.prev.stack, f"holds {letter}"), (violation.where.stack, f"wants {wanted}")
    scenario = scene(told(violation, letter, wanted))
    return Brief(letters.rows(), (Side(heading, calls(*stacks)),), scenario, outcome(timed=timed), advised(violation))


def told(violation: Recursion, held: str, wanted: str) -> list[tuple[str, list[str]]]:
    """Return what each thread does, with its name: two threads, if one alone cannot hold all units of a semaphore."""
    prev, lock_class = violation.prev, violation.lock_class
    number = max(1, sum(one.serial == prev.serial for one in violation.where.held))
    steps = [f"{taking_verb(prev.mode, prev.lock_class)}({held});"] * (number if wants_unit(violation) else 1)
    steps.append(f"{taking_verb(violation.mode, lock_class)}({wanted});")
    capacity = lock_class.base.capacity if wants_unit(violation) else None
    units = None if capacity is None else capacity.find(prev.serial)
    others = [] if units is None or number >= units.count else [("another thread", steps)]
    return [(violation.where.thread, steps), *others]


def wants_unit(violation: Recursion) -> bool:
    """Return whether what is held and wanted are units of one semaphore."""
    return violation.same and has_units(violation.lock_class)


def advised(violation: Recursion) -> str:
    """Return what to change, in one sentence."""
    if wants_unit(violation):
        return OF_UNITS
    return OF_THREADING if violation.lock_class.by_instance else OF_PRIMITIVES


OF_UNITS = "take one unit only, or have more units than all threads together can hold while they want another one"
OF_THREADING = "do not take it twice, or use an RLock, which its holder may take again"
OF_PRIMITIVES = "do not take it twice; if such locks have an order, declare it (subclass=, nest=, set_order)"


def described(text: str) -> Body:
    """Return the description of an instance, which a callback of the program made, as a line."""
    return [f"    {text}"] if text else []


def advice(violation: Recursion) -> Body:
    """Return the lines that tell the reader what to change."""
    if wants_unit(violation):
        return [" Have more units than all threads together can hold while they want another"]
    if violation.lock_class.by_instance:
        return [" A lock that its holder may take again is an RLock"]
    return [" May be due to missing lock nesting notation"]
