"""Which function writes the report of which kind of violation.

Each module of lockdep/splats/kinds/ decorates its function with `tells(Record)`, so a new kind is a new file and no
table has to name it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from lockdep.splats.page import Body, Page
from lockdep.violations.violation import Violation

_Record = TypeVar("_Record", bound=Violation)
Teller = Callable[[Page, _Record], Body]
_tellers: dict[type[Violation], Teller[Any]] = {}


def tells(record: type[_Record]) -> Callable[[Teller[_Record]], Teller[_Record]]:
    """Register the decorated function as the one that writes the body of a report about this record."""

    def register(teller: Teller[_Record]) -> Teller[_Record]:
        if record in _tellers:
            raise TypeError(f"{record.__name__} is told by two functions")
        _tellers[record] = teller
        return teller

    return register


def teller_of(record: type[_Record]) -> Teller[_Record]:
    """Return the function that tells this kind; KeyError if none was registered."""
    return _tellers[record]


def told_kinds() -> list[type[Violation]]:
    """Return the records that can be told, in the order of the names of their modules."""
    return list(_tellers)
