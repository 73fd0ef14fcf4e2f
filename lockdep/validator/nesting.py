"""Which of the held locks a new lock depends on, and in what kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lockdep.fastpath import NOCHECK, RECURSIVE_READ, TIMED, TRY, Chain
from lockdep.graph.classes import LockClass
from lockdep.violations.where import HeldLock
from lockdep.vocabulary.kinds import RECURSIVE, SHARED
from lockdep.vocabulary.kinds import TIMED as TIMED_WAIT
from lockdep.vocabulary.states import CONTEXT_MODES

MOST_SISTERS = 8  # of the same class as a lock on which a new one depends, the innermost ones


def kind_of(prev_mode: int, next_mode: int) -> int:
    """Return the kind of a dependency from how its two ends are taken."""
    kind = SHARED if prev_mode & 3 else 0
    kind |= RECURSIVE if next_mode & 3 == RECURSIVE_READ else 0
    return kind | (TIMED_WAIT if next_mode & TIMED else 0)


def twin_depth(held: Sequence[HeldLock], lock_class: LockClass) -> int:
    """Return the depth of the innermost held lock of this class, or 0."""
    return max((depth for depth, lock in enumerate(held, 1) if lock.lock_class is lock_class), default=0)


def tail_depths(modes: Sequence[int], context: int) -> list[int]:
    """Return the depths of the held locks that a new lock depends on, innermost first.

    `modes` are those of the held locks, outermost first. The walk ends at the first lock that the thread waited for:
    the locks below lead to that one already. A lock taken by trylock, or by a recursive reader, does not end it, since
    others may not lead to it (the kernel's check_prevs_add ends at a recursive reader and so loses dependencies). The
    walk also ends at a lock taken in another context than `context`: an interrupt does not wait for what it
    interrupted.
    """
    depths: list[int] = []
    for depth in range(len(modes), 0, -1):
        mode = modes[depth - 1]
        if mode & CONTEXT_MODES != context:
            break
        if mode & NOCHECK:
            continue
        depths.append(depth)
        if not mode & TRY and mode & 3 != RECURSIVE_READ:
            break
    return depths


def blocking_tail(held: Sequence[HeldLock], mode: int) -> list[HeldLock]:
    """Return the held locks that a new one, taken in this mode, depends on, innermost first."""
    if mode & (TRY | NOCHECK):
        return []
    return [held[depth - 1] for depth in tail_depths([lock.mode for lock in held], mode & CONTEXT_MODES)]


def with_sisters(held: Sequence[HeldLock], tail: list[HeldLock]) -> list[HeldLock]:
    """Return these held locks, and after them the others of their classes that are judged by instances.

    What is said of a class by the innermost one is said of an instance by each of them.
    """
    classes = {lock.lock_class for lock in tail if lock.lock_class.by_instance}
    if not classes or len(held) == len(tail):
        return tail
    sisters = [lock for lock in held if lock.lock_class in classes and not lock.mode & NOCHECK and lock not in tail]
    context = tail[0].mode & CONTEXT_MODES
    return tail + [lock for lock in sisters if lock.mode & CONTEXT_MODES == context][-MOST_SISTERS:]


def chains_below(root: Chain) -> Iterator[Chain]:
    """Yield every chain of at least one lock below this root, and below the roots of its contexts."""
    pending = list((root.children or {}).values())
    while pending:
        chain = pending.pop()
        pending += list((chain.children or {}).values())
        if chain.depth:  # it is not the root of a context
            yield chain


def entries_above(chain: Chain) -> list[tuple[LockClass, int]]:
    """Return (class, mode) of the locks that are held when the last lock of this chain is taken, outermost first."""
    found = []
    step = chain.parent
    while step.depth:
        found.append((step.entry.lock_class, step.entry.mode))
        step = step.parent
    found.reverse()
    return found
