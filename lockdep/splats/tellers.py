"""The table of the functions that write reports, by the kind of violation.

Each module of lockdep/splats/kinds/ registers its function with the decorator `tells`, so a new kind of violation needs
a new file there, and no change of another one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from lockdep.splats.document import Brief
from lockdep.splats.page import Body, Page
from lockdep.violations.violation import Violation

_Record = TypeVar("_Record", bound=Violation)
_Sketch = TypeVar("_Sketch", bound=Callable[..., Brief])
Teller = Callable[[Page, _Record], Body]
_tellers: dict[type[Violation], Teller[Any]] = {}
_sketchers: dict[type[Violation], Callable[..., Brief]] = {}


def tells(record: type[_Record]) -> Callable[[Callable[[Page, _Record], Body]], Callable[[Page, _Record], Body]]:
    """Register the decorated function: it writes the body of reports about this kind of violation.

    Raises TypeError if another function is registered for it.
    """

    def register(teller: Callable[[Page, _Record], Body]) -> Callable[[Page, _Record], Body]:
        if record in _tellers:
            raise TypeError(f"{record.__name__} is told by two functions")
        _tellers[record] = teller
        return teller

    return register


def sketches(record: type[_Record]) -> Callable[[_Sketch], _Sketch]:
    """Register the decorated function: it makes the brief of reports about this kind of violation, if there is one."""

    def register(sketcher: _Sketch) -> _Sketch:
        _sketchers[record] = sketcher
        return sketcher

    return register


def sketched_kinds() -> set[type[Violation]]:
    """Return the kinds of violations that have a brief."""
    return set(_sketchers)


def sketch(page: Page, violation: Violation) -> Brief | None:
    """Return the brief of a violation; None if its kind has none."""
    sketcher = _sketchers.get(type(violation))
    return None if sketcher is None else sketcher(page, violation)


def teller_of(record: type[_Record]) -> Teller[_Record]:
    """Return the function that writes the report of this kind. Raises KeyError if none is registered."""
    return _tellers[record]


def told_kinds() -> list[type[Violation]]:
    """Return the kinds of violations that have a function, in the order of registration."""
    return list(_tellers)
