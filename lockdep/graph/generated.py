"""Locks that a generated `__init__` makes for its object: they belong to its type, as those of a written one do.

dataclasses and attrs generate one method for each class. Without this rule each caller would have a class of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from types import FrameType
from typing import Any, NamedTuple

from lockdep import trace
from lockdep.paths import short_path


class Field(NamedTuple):
    """The field of a class that a lock is made for; '' if it is not known which one."""

    module: str
    owner: str
    name: str


def field_of(frame: FrameType) -> Field | None:
    """Return the field for which a generated `__init__` makes something now; None if it is no such method."""
    code = frame.f_code
    if code.co_name != "__init__" or not code.co_filename.startswith("<") or not code.co_argcount:
        return None
    instance = frame.f_locals.get(code.co_varnames[0])
    for owner in type(instance).__mro__:
        found = vars(owner).get("__init__")
        if getattr(found, "__code__", None) is code:
            return Field(str(owner.__module__), owner.__qualname__, next_field(owner, instance))
    return None


def next_field(owner: type, instance: object) -> str:
    """Return the first field that is not set yet: fields are set in their order."""
    names = list(vars(owner).get("__dataclass_fields__", ()))
    names = names or [str(field.name) for field in vars(owner).get("__attrs_attrs__", ())]
    try:
        there: dict[str, Any] = object.__getattribute__(instance, "__dict__")
    except AttributeError:  # the class has slots
        return ""
    return next((name for name in names if name not in there), "")


def field_name(field: Field, filename: str) -> Callable[[], str]:
    """Return a function that returns the name of a field for reports: the place of its class, and the field."""

    def name() -> str:
        simple = field.owner.rpartition(".")[2]
        pattern = re.compile(rf"\s*class {re.escape(simple)}\b")
        lines = enumerate(trace.source_lines(filename), 1)
        line = next((number for number, text in lines if pattern.match(text)), 0)
        attribute = f"{simple}.{field.name}" if field.name else simple
        return f"{short_path(filename)}:{line} {attribute}"

    return name
