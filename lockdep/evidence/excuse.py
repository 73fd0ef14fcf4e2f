"""Excuses: why observations that close a cycle can be no deadlock, in words.

A rule for excuses is a function in a file of its own. It gets the steps of one closed walk, and returns an Excuse or
None. The words are made when somebody asks for them, since the name of a lock class may need its source file.
"""

from __future__ import annotations

from typing import NamedTuple

from lockdep.graph.classes import LockClass
from lockdep.graph.dependency import Witness
from lockdep.vocabulary.kinds import SHARED

ChosenWitness = tuple[int, Witness]  # the kind in which a dependency counts, and one observation of it


class Excuse(NamedTuple):
    """`rule` is the name of the rule, `text` what it says; `{}` in it stands for the name of a lock class."""

    rule: str
    text: str
    lock_class: LockClass | None = None

    def __str__(self) -> str:
        name = "" if self.lock_class is None else self.lock_class.name
        return f"{self.rule}: {self.text.format(name)}"


class Guard(NamedTuple):
    """A lock that `holder` held from `begin` to `end`: the thread that waited, or the one that has started it."""

    lock_class: LockClass | None
    shared: bool
    holder: int
    begin: int
    end: int

    @property
    def inherited(self) -> bool:
        """Whether the starter held it."""
        return self.begin != self.end

    def excludes(self, other: Guard) -> bool:
        """Return whether this lock cannot be held by both at the same time, nor by one for both of them."""
        if self.shared and other.shared:
            return False
        return self.holder != other.holder or self.end < other.begin or other.end < self.begin


def is_given_away(lock_class: LockClass | None, serial: int) -> bool:
    """Return whether a lock is a semaphore that has turned out to be a signal: nobody holds it."""
    capacity = None if lock_class is None else lock_class.base.capacity
    return capacity is not None and capacity.is_given_away(serial)


def held_guards(step: ChosenWitness) -> dict[int, Guard]:
    """Return the locks that the thread of a step held while it waited, by serial."""
    kind, witness = step
    when = (witness.thread_serial, witness.stamp, witness.stamp)
    found = {witness.prev_serial: Guard(None, bool(kind & SHARED), *when)}
    for lock in witness.others:
        if is_given_away(lock.lock_class, lock.serial):
            continue
        shared = bool(lock.mode & 3)
        if lock.serial not in found or not shared:
            found[lock.serial] = Guard(lock.lock_class, shared, *when)
    return found
