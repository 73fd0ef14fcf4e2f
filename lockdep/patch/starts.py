"""What a thread hands on to the run that it starts, and what it learns from a run that has ended.

Moments are handed on in both directions (see graph/clock.py). The locks that the starter holds are lent to the run: if
the starter waits for the run before it releases them, they guard the run as well, and those that it starts in turn
(see evidence/inherited.py).
"""

from __future__ import annotations

import _thread

from lockdep import fastpath, runtime
from lockdep.evidence.order import ENDED, STARTED
from lockdep.fastpath import Handed, ThreadState, new_serial
from lockdep.graph.loans import Loan
from lockdep.graph.runs import Run
from lockdep.waits.held import thread_name


class _Threads:
    """Whether a second thread has ever been there."""

    seen = False


def is_single_threaded() -> bool:
    """Return whether no thread has been started yet. What is handed over now, all that start later know from the start.

    Cost: 40 ns.
    """
    if not _Threads.seen:
        _Threads.seen = _thread._count() > 0
    return not _Threads.seen


def own_run(state: ThreadState) -> Run:
    """Return the run of the running thread. One that was not started by threading.Thread gets one here."""
    found: Run | None = state.record
    if found is None:
        name = thread_name(state)
        found = Run(lambda: name, lambda: "thread:an unknown place", state.serial, state.serial)
        state.be(found)
    return found


def hand_over() -> Handed | None:
    """Return what this thread knows now; None if nothing is tracked, or there is no other thread."""
    if is_single_threaded():
        return None
    handed = fastpath.hand_over()
    if handed is None and runtime.is_active():
        own_run(fastpath.thread_state())
        handed = fastpath.hand_over()
    return handed


def hand_to(thing: object) -> None:
    """Keep what this thread knows now in an object of the program."""
    if not fastpath.hand_to(thing) and runtime.is_active() and not is_single_threaded():
        own_run(fastpath.thread_state())
        fastpath.hand_to(thing)


def hand_on() -> Handed | None:
    """Return what this thread knows now, and lend its locks to the run that it is about to start."""
    _Threads.seen = True
    handed = hand_over()
    state = fastpath.thread_state()
    if handed is None or state.busy:
        return handed
    lent = state.record.course.origin.lent
    outer = lent if lent is not None and lent.can_be_outer else None
    if outer is None and not state.chain.depth:
        return handed
    locks = [(chain.entry.lock_class, serial, chain.entry.mode) for chain, serial in state.held()]
    loan = Loan(locks, state.serial, new_serial(), outer)
    if locks:
        runtime.validator().lend(state, loan)
    return Handed(handed.run, loan.begin, handed.clock, loan)


def begin_stretch() -> None:
    """Note a hand-off of this thread: what it has taken before does not say what it needs for the next one.

    Cost: 0.5 us, and some 2 us for each lock that is taken again after that, during the first stretches of a run.
    """
    if fastpath.stretch_goes_on() or is_single_threaded():
        return
    state = fastpath.thread_state()
    run = own_run(state)
    if run.stretch or (run.stretch is not None and state.took is None):
        state.took = run.begin_stretch()
        state.switch_run(new_serial())
    if run.stretch is None:
        state.settled = run


def begin(run: Run, handed: Handed | None, by: str = STARTED) -> None:
    """Begin a run with what its starter has handed on."""
    origin = run.course.origin
    if handed is not None:
        run.course.begin(handed, by)
        origin.lent = handed.loan
        if handed.loan is not None:
            handed.loan.runner = run.thread
    origin.born = new_serial()


def learn(handed: Handed | None, by: str) -> None:
    """Take over what another run has handed over."""
    if handed is not None and not fastpath.knows(handed):
        own_run(fastpath.thread_state()).course.learn(handed, by)


def ended(run: Run, by: str = ENDED) -> None:
    """Note that this thread knows that a run has ended: what it has lent to it comes back.

    If the run is a thread, so does what it has lent to the work items that were done there.
    """
    course = run.course
    learn(Handed(run.serial, new_serial(), course.clock) if course.handed is None else course.handed, by)
    end_loan(run)
    for loan in runtime.validator().loans_of(fastpath.thread_state()):
        if loan.runner == run.serial:
            close(loan)


def end_loan(run: Run) -> None:
    """Note that the starter of a run, if that is this thread, has waited for its end."""
    if run.origin.lent is not None:
        close(run.origin.lent)


def close(loan: Loan) -> None:
    """Note that the run which was lent this has ended, if it is this thread that has lent it."""
    state = fastpath.thread_state()
    if loan.end or loan.lender != state.serial:
        return
    if loan.close([serial for _, serial in state.held()], new_serial()):
        runtime.validator().reconsider(state)
