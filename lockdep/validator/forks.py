"""What is known of a fork, and which locks it leaves unusable in the child."""

from __future__ import annotations

from typing import NamedTuple

from lockdep import fastpath, trace
from lockdep.fastpath import ThreadState
from lockdep.graph.classes import LockClass
from lockdep.trace import StackTrace
from lockdep.vocabulary.kinds import PROCESS
from lockdep.vocabulary.record import record
from lockdep.waits.held import held_by, thread_name

MOST_TAKERS = 1 << 16


class HeldOver(NamedTuple):
    """A lock that a thread held which the child does not have."""

    lock_class: LockClass
    thread: str
    taken: StackTrace


@record
class Fork:
    """A fork: where it was made, by the thread with this serial, and what the others held.

    `execs` says that the child becomes another program.
    """

    at: StackTrace
    forker: int
    held: dict[int, HeldOver]
    execs: bool


def seen_fork(at: StackTrace, *, execs: bool) -> Fork:
    """Return what is to be known of a fork that is about to happen here.

    A lock that an ended thread has left locked is so in the parent, too: that is not the fork's doing.
    """
    not_asked = {fastpath.thread_state(), *fastpath.ended()}
    held = {}
    frames = None
    for thread in fastpath.threads():
        if thread in not_asked or not thread.held():
            continue
        frames = fastpath.standing() if frames is None else frames
        now = trace.standing_stack(frames.get(thread.ident), 64)
        name = thread_name(thread)
        gone = given_up(thread)
        for lock in held_by(thread, now):
            if lock.lock_class.kind == PROCESS or lock.serial in gone:
                continue  # of PROCESS: the parent goes on holding it, and releases it for all processes
            held[lock.serial] = HeldOver(lock.lock_class, name, lock.stack)
    return Fork(at, fastpath.thread_state().serial, held, execs)


def given_up(thread: ThreadState) -> set[int]:
    """Return the locks that are in the books of a thread still: another one has released them, or they are freed."""
    return {serial for owner, serial in tuple(thread.revoked) if owner == thread.serial}
