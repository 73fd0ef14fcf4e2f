"""Owners: to what type of object a lock belongs that a method makes which other types inherit.

All locks of one line are one class. If a method of a base class makes them, objects of different types have them, and
may take them in different orders. What tells these types apart is the first argument of the method.
"""

from __future__ import annotations

from functools import cached_property
from types import CodeType, FrameType, FunctionType

_subclasses = type.__dict__["__subclasses__"]  # of the type itself, whatever its metaclass says
_mro = type.__dict__["__mro__"].__get__


def first_argument(frame: FrameType) -> object:
    """Return the first argument of the function that a frame runs, None if it has none. Cost: up to 400 ns."""
    code = frame.f_code
    return frame.f_locals.get(code.co_varnames[0]) if code.co_argcount else None


def is_inherited(code: CodeType, first: object) -> bool:
    """Return whether this is the code of a method that `first`, an object or a type, may share with other types.

    What counts are the subclasses that are known now. None of the program's code runs. Cost: O(attributes of the type
    and its bases).
    """
    kind: type = first if issubclass(type(first), type) else type(first)  # type: ignore[assignment]
    for base in _mro(kind):
        for value in tuple(base.__dict__.values()):
            if code_of(value) is code:
                return bool(_subclasses(base))
    return False


def code_of(attribute: object) -> CodeType | None:
    """Return the code of an attribute of a type, if that is a function, or a usual wrapper of one."""
    inner: object = attribute
    if type(attribute) is property:
        inner = attribute.fget
    elif type(attribute) is cached_property:
        inner = attribute.func
    elif type(attribute) in (classmethod, staticmethod):
        inner = attribute.__func__  # type: ignore[attr-defined]
    return inner.__code__ if type(inner) is FunctionType else None
