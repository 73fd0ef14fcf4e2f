"""Loans: what a starter lends to a run, over one start and over several."""

import threading
from typing import Any

from lockdep.graph.classes import LockClass
from lockdep.graph.loans import MOST_LINKS, Loan
from lockdep.vocabulary.grades import EXCUSED
from tests.evidence.unseen import side_by_side
from tests.worlds import patched_world

GATE = [(LockClass("Lock"), 7, 0)]


def under(outer: Loan, begin: int = 20) -> Loan:
    return Loan([], 2, begin, outer)


def lent(loan: Loan) -> list[int]:
    return [serial for each in loan.held() for _, serial, _ in each.locks]


def test_a_run_inside_of_another_one_is_guarded_while_both_go_on() -> None:
    inner = under(Loan(GATE, 1, 10))
    assert lent(inner) == [7]
    assert inner.is_open


def test_a_run_that_ends_before_the_outer_one_stays_guarded() -> None:
    outer = Loan(GATE, 1, 10)
    inner = under(outer)
    assert not inner.close([], 30)
    assert not outer.close([7], 40)
    assert lent(inner) == [7]
    assert not inner.is_open
    assert not inner.is_broken


def test_a_run_that_goes_on_after_the_outer_one_is_not_guarded() -> None:
    outer = Loan(GATE, 1, 10)
    inner = under(outer)
    assert outer.close([7], 30)
    assert lent(inner) == []
    assert inner.is_broken
    inner.close([], 40)
    assert lent(inner) == []


def test_a_gate_that_was_released_guards_nobody_inside() -> None:
    outer = Loan(GATE, 1, 10)
    inner = under(outer)
    inner.close([], 30)
    assert outer.close([], 40)
    assert lent(inner) == []
    assert inner.is_broken


def test_a_chain_of_loans_has_an_end() -> None:
    loan = Loan(GATE, 1, 10)
    for _ in range(MOST_LINKS - 1):
        assert loan.can_be_outer
        loan = under(loan)
    assert not loan.can_be_outer


def test_a_loan_that_is_over_is_no_outer_one() -> None:
    ended, lost, empty = Loan(GATE, 1, 10), Loan(GATE, 1, 10), Loan([], 1, 10)
    ended.close([7], 20)
    lost.lost = True
    assert not any(loan.can_be_outer for loan in (ended, lost, empty))


def test_a_thread_that_is_left_behind_revives_the_finding_at_once() -> None:
    seen: list[str] = []
    with patched_world() as validator:
        gate, a, b = threading.Lock(), threading.Lock(), threading.Lock()

        def take(*locks: Any) -> None:
            for lock in locks:
                lock.acquire()
            for lock in locks:
                lock.release()

        def look() -> None:
            seen.extend(finding.grade for finding in validator.book.findings())

        inner = threading.Thread(target=take, args=(a, b))

        def between() -> None:
            inner.start()
            while inner.is_alive():
                pass
            validator.collect()
            look()

        def starter() -> None:
            with gate:
                thread = threading.Thread(target=between)
                thread.start()
                thread.join()
            look()

        side_by_side(lambda: take(gate, b, a), starter)
        inner.join()

    assert seen == [EXCUSED, "feasible"]
