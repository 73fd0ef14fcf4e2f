"""The table of the functions that write reports, by the kind of violation.

Each module of lockdep/splats/kinds/ registers its function with the decorator `tells`, so a new kind of violation needs
a new file there, and no change of another one.
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
    """Register the decorated function: it writes the body of reports about this kind of violation.

    Raises TypeError if another function is registered for it.
    """

    def register(teller: Teller[_Record]) -> Teller[_Record]:
        if record in _tellers:
            raise TypeError(f"{record.__name__} is told by two functions")
        _tellers[record] = teller
        return teller

    return register


def teller_of(record: type[_Record]) -> Teller[_Record]:
    """Return the function that writes the report of this kind. Raises KeyError if none is registered."""
    return _tellers[record]


def told_kinds() -> list[type[Violation]]:
    """Return the kinds of violations that have a function, in the order of registration."""
    return list(_tellers)
