"""A work item waits for another one of its own pool."""

from __future__ import annotations

from lockdep.splats.document import Brief, Scenario, Side
from lockdep.splats.page import SCENARIO, Body, Page, outcome
from lockdep.splats.sketch import Letters, holding, standing
from lockdep.splats.tellers import sketches, tells
from lockdep.violations.pool import PoolStarvation


@tells(PoolStarvation)
def body(page: Page, violation: PoolStarvation) -> Body:
    """Return the report: the two items, the pool, and what happens if all of its workers do the same."""
    timed = " with a timeout" if violation.timed else ""
    plural = "s" if violation.workers > 1 else ""
    lines: Body = [f"{violation.waiter} [{violation.waiter_place}]", f"waits{timed} for:"]
    lines += [f"  {violation.awaited} [{violation.awaited_place}]", ""]
    lines += ["which was submitted after it to the pool that runs both:"]
    lines += [f"  {violation.pool_place}, with at most {violation.workers} worker{plural}", "", SCENARIO, ""]
    workers = range(min(violation.workers, 2))
    steps = [(worker, f"run {violation.waiter_place};") for worker in workers]
    steps += [(worker, f"wait({violation.awaited_place});") for worker in workers]
    lines += ["  each thread is a worker, and none is left for what they wait for", "", Scenario(tuple(steps)), ""]
    return [*lines, outcome(timed=violation.timed), "", *page.tail(violation.where)]


@sketches(PoolStarvation)
def brief(page: Page, violation: PoolStarvation) -> Brief:
    """Return where the item waits, and what happens if all workers of the pool do the same."""
    letters, where = Letters(page), violation.where
    timed = " with a timeout" if violation.timed else ""
    awaited = f"{violation.awaited} [{violation.awaited_place}]{timed}"
    waits = f"{violation.waiter} [{violation.waiter_place}] {holding(letters, where)}waits for {awaited}"
    runs = f"both are run by {violation.pool_place}, with at most {violation.workers} worker"
    told = Side(waits, standing(letters, where, "waits")), Side(runs + "s" * (violation.workers > 1), ())
    workers = range(min(violation.workers, 2))
    steps = [(worker, f"run {violation.waiter};") for worker in workers]
    steps += [(worker, f"wait for {violation.awaited};") for worker in workers]
    table = Scenario(tuple(steps), tuple(f"worker {worker + 1}" for worker in workers))
    why = "if each worker waits like this, none is left for what they wait for"
    fix = "use another pool for the inner items, or do their work in the item itself"
    return Brief(letters.rows(), told, table, outcome(timed=violation.timed), fix, why)
