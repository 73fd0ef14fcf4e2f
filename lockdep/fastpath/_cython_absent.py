"""The part of the cython module that the pure build needs where Cython is not installed."""

from collections.abc import Callable
from typing import Any

compiled = False


def cast(_type: object, value: Any, *_args: object) -> Any:
    """Return the value unchanged: only C has casts."""
    return value


def address(value: Any) -> Any:
    """Return the value unchanged. Plain Python never calls this."""
    return value


def final(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return the method unchanged."""
    return method
