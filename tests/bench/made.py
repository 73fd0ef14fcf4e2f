"""Locks of many classes: each is made on its own line of a generated file. The same label gives the same classes."""

from __future__ import annotations

from functools import cache
from types import CodeType
from typing import Any


def locks_of_classes(make: Any, count: int, label: str = "locks") -> list[Any]:
    """Return count locks of count classes."""
    locks: list[Any] = []
    exec(lines(count, label), {"keep": locks.append, "make": make})
    return locks


@cache
def lines(count: int, label: str) -> CodeType:
    return compile("keep(make())\n" * count, f"made_{label}.py", "exec")
