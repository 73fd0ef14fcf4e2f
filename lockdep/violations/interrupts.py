"""What the violations of the interrupt rules are made of: usage bits of classes, and ways through the graph."""

from __future__ import annotations

from dataclasses import dataclass

from lockdep.graph.classes import LockClass
from lockdep.graph.dependency import Dependency, Witness
from lockdep.trace import StackTrace
from lockdep.vocabulary.usage import is_read, state_of


def state_word(bit: int) -> str:
    """Return what a usage bit makes a class safe or unsafe against: HARDIRQ, or HARDIRQ-READ for a reader's bit."""
    return state_of(bit).name + ("-READ" if is_read(bit) else "")


@dataclass(frozen=True, slots=True)
class ClassUsage:
    """A class, one of its usage bits, and the stack that set the bit first."""

    lock_class: LockClass
    bit: int
    stack: StackTrace


@dataclass(frozen=True, slots=True)
class PathLink:
    """A dependency on the way between two classes, the kind in which it counts there, and one witness of that kind."""

    dependency: Dependency
    kind: int
    witness: Witness
