"""The limit of the number of file descriptors: the one that lockdep keeps for itself has to stay below it."""

from __future__ import annotations

from functools import wraps
from types import ModuleType
from typing import Any

from lockdep import descriptors
from lockdep.patch.changes import Changes


def follow_limits(changes: Changes, resource: ModuleType) -> None:
    """Notice that the program sets the limit: a number that is above it could not be used for another file."""
    original = resource.setrlimit

    @wraps(original)
    def setrlimit(kind: Any, limits: Any, /) -> None:
        original(kind, limits)
        if kind == resource.RLIMIT_NOFILE:
            descriptors.move()

    changes.rebind(resource, "setrlimit", setrlimit)
