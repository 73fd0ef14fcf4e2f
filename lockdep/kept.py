"""What lockdep keeps in the objects of the program, as an attribute: threads, futures, events, queues, ..."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


def kept(cls: type[T]) -> type[T]:
    """Have the things of a class pickled and copied as None: the object that has one is pickled as without lockdep."""
    cls.__reduce__ = as_none  # type: ignore[method-assign, assignment]
    return cls


def as_none(_thing: object) -> tuple[type[None], tuple[()]]:
    """Return how None is pickled."""
    return type(None), ()
