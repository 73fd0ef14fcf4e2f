"""Checks for values from a file: each function returns the value if it is what it should be, else raises Broken.

A file may have been written by another program, or cut and changed by hand. Cost: about 100 ns for each value.
"""

from __future__ import annotations

from typing import Any


class Broken(ValueError):
    """The data is not a snapshot. The message says where it is wrong, and why."""


def text(value: Any, what: str) -> str:
    """Return a value that must be text."""
    if type(value) is not str:
        raise Broken(f"{what} is {type(value).__name__}, not text")
    return value


def number(value: Any, what: str) -> int:
    """Return a value that must be a count."""
    if type(value) is not int or value < 0:
        raise Broken(f"{what} is {value!r:.40}, not a count")
    return value


def flag(value: Any) -> bool:
    """Return a value that must be true or false."""
    if type(value) is not bool:
        raise Broken(f"{value!r:.40} is neither true nor false")
    return value


def items(value: Any, what: str) -> list[Any]:
    """Return a value that must be a list."""
    if type(value) is not list:
        raise Broken(f"{what} is {type(value).__name__}, not a list")
    return value


def one_of(value: Any, known: Any, what: str) -> str:
    """Return a value that must be one of those known."""
    if type(value) is not str or value not in known:
        raise Broken(f"{value!r:.80} is no {what} of this file")
    return value


def pick(records: Any, at: Any) -> Any:
    """Return the record at this index of a table."""
    if number(at, "number") >= len(records):
        raise Broken(f"there is no number {at} in a table of {len(records)}")
    return records[at]
