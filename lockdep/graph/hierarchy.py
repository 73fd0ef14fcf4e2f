"""The orders that a programmer has declared for lock classes: which class comes before which.

They belong to the classes, so to the process, as names and keys do. A declaration is never taken back, and none that
contradicts the others is added: the classes never form a ring. Cost of a question: none for a class that nothing was
declared of, else one search through what is declared to come after it.
"""

from __future__ import annotations

from collections import deque

from lockdep.graph.classes import LockClass

_after: dict[LockClass, dict[LockClass, str]] = {}  # class -> the classes that come next, and where that was declared


def declare(first: LockClass, later: LockClass, place: str) -> bool:
    """Declare at a place that `first` comes before `later`; return False if the opposite is declared already."""
    if first is later or path(later, first):
        return False
    _after.setdefault(first, {}).setdefault(later, place)
    return True


def path(first: LockClass, later: LockClass) -> tuple[tuple[LockClass, str], ...]:
    """Return the steps by which `later` is declared to come after `first`, each a class and the place; () if it is not.

    The first step is the class `first`, without a place.
    """
    if first not in _after:
        return ()
    came: dict[LockClass, LockClass] = {first: first}
    todo = deque([first])
    while todo:
        one = todo.popleft()
        for next_ in list(_after.get(one, ())):
            if next_ not in came:
                came[next_] = one
                todo.append(next_)
    return _steps(came, first, later) if later in came and later is not first else ()


def around(first: LockClass, later: LockClass) -> tuple[set[LockClass], set[LockClass]]:
    """Return `first` and all that is declared to come before it, and `later` and all that comes after it."""
    before = {one for one in list(_after) if path(one, first)}
    after = {one for steps in list(_after.values()) for one in list(steps) if path(later, one)}
    return before | {first}, after | {later}


def _steps(came: dict[LockClass, LockClass], first: LockClass, later: LockClass) -> tuple[tuple[LockClass, str], ...]:
    steps = []
    while later is not first:
        before = came[later]
        steps.append((later, _after[before][later]))
        later = before
    return ((first, ""), *reversed(steps))
