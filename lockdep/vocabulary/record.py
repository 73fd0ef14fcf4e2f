"""Records: classes of named fields, whose values nobody changes. What the program's start loads is one of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, eq_default=False)
def record(cls: type[T]) -> type[T]:
    """Make a class a dataclass with slots. Two records are equal if they are one.

    Type checkers refuse to change one. To have that refused at run time, or to compare and print fields, a class needs
    methods that are compiled when it is made: three times as long, at each start of a program.
    """
    return dataclass(slots=True, repr=False, eq=False)(cls)
