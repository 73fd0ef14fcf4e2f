"""What is kept in objects of the program: attributes whose names begin with PREFIX.

`dir` does not list them. A copy of the object, or what a pickle of it brings back, has None in their place: its class
may pickle and copy all attributes but the locks. A test that compares the names before and after sees no difference.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

from lockdep.patch.changes import Changes

PREFIX = "_lockdep_"


def hide(changes: Changes, *kinds: type) -> None:
    """Have `dir` leave out our attributes of objects of these classes."""
    for kind in kinds:
        changes.rebind(kind, "__dir__", without_ours(kind.__dir__))


def without_ours(original: Any) -> Any:
    """Return a method `__dir__` that leaves out what begins with PREFIX."""

    @functools.wraps(original)
    def __dir__(self: Any) -> Iterable[str]:
        return [name for name in original(self) if not name.startswith(PREFIX)]

    return __dir__


def kept_or(thing: Any, name: str, first: Any) -> Any:
    """Return what an attribute of ours is in an object. If it has none yet, several threads may give it one."""
    found = vars(thing).setdefault(name, first)
    if found is None:  # it is a copy of another object
        vars(thing).pop(name, None)
        found = vars(thing).setdefault(name, first)
    return found
