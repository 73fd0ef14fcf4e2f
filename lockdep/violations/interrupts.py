"""Parts of the violations of the interrupt rules: usage bits of classes, and paths through the graph."""

from __future__ import annotations

from lockdep.graph.classes import LockClass
from lockdep.graph.dependency import Dependency, Witness
from lockdep.trace import StackTrace
from lockdep.vocabulary.record import record
from lockdep.vocabulary.usage import is_read, state_of


def state_word(bit: int) -> str:
    """Return the name of the interrupt that a usage bit is about: HARDIRQ, or HARDIRQ-READ if readers set the bit."""
    return state_of(bit).name + ("-READ" if is_read(bit) else "")


@record
class Interruption:
    """A handler of Python's own: its name, and where the code stood that it interrupted, if that is known."""

    by: str
    at: StackTrace


@record
class ClassUsage:
    """A class, one of its usage bits, and the stack that set the bit first."""

    lock_class: LockClass
    bit: int
    stack: StackTrace


@record
class PathLink:
    """A dependency on the path between two classes, the kind in which it is used, and one witness of that kind."""

    dependency: Dependency
    kind: int
    witness: Witness
