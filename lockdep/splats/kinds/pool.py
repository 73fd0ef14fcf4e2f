"""A work item waits for another one of its own pool."""

from __future__ import annotations

from lockdep.splats.document import Scenario
from lockdep.splats.page import SCENARIO, Body, Page, outcome
from lockdep.splats.tellers import tells
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
