"""What _fastpath.py needs of the cython module when it runs as plain Python and Cython is not installed."""

from collections.abc import Callable
from typing import Any

compiled = False


def cast(_type: object, value: Any, *_args: object) -> Any:
    """Return the value: casts matter to C only."""
    return value


def address(value: Any) -> Any:
    """Return the value: never reached in plain Python."""
    return value


def inline(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function as it is."""
    return function


def final(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return the method as it is."""
    return method
