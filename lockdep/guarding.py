"""Attributes that are used only under a lock: any other use is a finding, which says where it was right.

    @lockdep.guarded_by("_lock", "balance")               class Account:
    class Account:                                            balance = lockdep.guarded("_lock")
        def __init__(self):                                   ...
            self._lock = threading.Lock()
            self.balance = 0                              a method that makes the instance needs no lock

Nothing here raises because of a finding. While tracking is off, and for locks that are not validated, all uses are
right. Cost: about 1 us for each use.
"""

from __future__ import annotations

import inspect
import sys
from collections import deque
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

from lockdep.annotations import dep_map
from lockdep.assertions import fail, tracked
from lockdep.trace import capture, is_ours, site

__all__ = ["guarded", "guarded_by"]

K = TypeVar("K", bound=type)

# Methods of an instance that nobody else can use yet, or any more.
LIFE = ("__init__", "__new__", "__post_init__", "__setstate__", "__copy__", "__deepcopy__", "__del__")
CONTAINERS = (list, dict, set, deque, bytearray)
STEPS = 8  # of a stack, to find the program's own frame
MISSING = object()
PLAIN = "_self_plain"  # the attribute of a proxy that has the container itself


def guarded_by(lock: Any, *names: str, contents: bool = False) -> Callable[[K], K]:
    """Return a class decorator: these attributes of an instance are used only while the thread holds the lock.

    `lock` is a lock, or the name of the attribute of the instance that has it. Any other use is a finding
    (`assertion`), one for each place, which also says where the attribute was first used with the lock held. With a
    read-write lock, reading needs it in any way and changing needs it for writing. Methods that make, copy or finalize
    the instance (`__init__` and others) may use the attribute freely.

    It guards the attribute, not what it leads to. With `contents`, a list, dict, set, deque or bytearray is read as a
    proxy of it that is guarded, too, wherever it is passed; code in C that wants the type itself, such as json, then
    needs a copy.
    """

    def decorate(cls: K) -> K:
        for name in names:
            descriptor = Guarded(lock, contents=contents)
            descriptor.__set_name__(cls, name)
            setattr(cls, name, descriptor)
        return cls

    return decorate


def guarded(lock: Any, *, contents: bool = False) -> Any:
    """Mark an attribute in the body of its class as guarded by a lock. The arguments are those of guarded_by.

    In a dataclass use guarded_by, since a marker would be the default value of its field.
    """
    return Guarded(lock, contents=contents)


class Guarded:
    """The descriptor of a guarded attribute. The value is where it would be without it: in a slot, or the instance."""

    __slots__ = ("_contents", "_default", "_lock", "_name", "_owner", "_seen", "_slot")

    def __init__(self, lock: Any, *, contents: bool) -> None:
        self._lock = lock
        self._contents = contents
        self._slot: Any = None
        self._default: Any = MISSING
        self._owner = self._name = "?"
        self._seen = ""  # where it was first used with the lock held

    def __set_name__(self, owner: type, name: str) -> None:
        self._owner, self._name = owner.__qualname__, name
        found = inspect.getattr_static(owner, name, MISSING)
        if found is not self:
            self._default = found
            self._slot = found if hasattr(type(found), "__set__") else None

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self if self._slot is not None or self._default is MISSING else self._default
        self._check(instance, -1)
        if self._slot is not None:
            value = self._slot.__get__(instance, owner)
        else:
            value = vars(instance).get(self._name, MISSING)
            if value is MISSING and hasattr(type(self._default), "__get__"):
                value = self._default.__get__(instance, owner)  # a method, or a property that is worked out once
            elif value is MISSING:
                value = self._default
        if value is MISSING:
            raise AttributeError(f"{type(instance).__name__!r} object has no attribute {self._name!r}")
        if self._contents and type(value) in CONTAINERS:
            return proxy_of(value, lambda: self._check(instance, -1))
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        self._check(instance, 0)
        if self._contents:
            value = getattr(value, PLAIN, value)
        if self._slot is not None:
            self._slot.__set__(instance, value)
        else:
            vars(instance)[self._name] = value

    def __delete__(self, instance: Any) -> None:
        self._check(instance, 0)
        if self._slot is not None:
            self._slot.__delete__(instance)
        elif vars(instance).pop(self._name, MISSING) is MISSING:
            raise AttributeError(f"{type(instance).__name__!r} object has no attribute {self._name!r}")

    def _check(self, instance: Any, read: int) -> None:
        """Report the caller if it does not hold the lock: for writing if `read` is 0, in any way if it is -1."""
        lock = getattr(instance, self._lock, None) if isinstance(self._lock, str) else self._lock
        mine = None if lock is None else dep_map(lock)
        held = -1 if mine is None else mine.is_held(read)
        if held == 1 and not self._seen:
            self._seen = site(capture(STEPS))
        elif held == 0 and mine is not None and tracked() and not makes(instance, sys._getframe(1)):
            how = "held for writing" if mine.is_held() == 1 else "held"
            first = f", as in {self._seen}" if self._seen else ""
            name = mine.entry.lock_class.name
            fail("guarded_by", f"{self._owner}.{self._name} is used with {name} {how}{first}", lock)


def proxy_of(container: Any, check: Callable[[], None]) -> Any:
    """Return a proxy of a container that calls `check` at each use. Imports wrapt the first time."""
    from lockdep.proxies import Contents

    return Contents(container, check)


def makes(instance: Any, frame: FrameType | None) -> bool:
    """Return whether a method that makes or ends the instance is running. Only asked before a report."""
    while frame is not None:
        code = frame.f_code
        life = code.co_name in LIFE and code.co_argcount and not is_ours(code.co_filename)
        if life and frame.f_locals.get(code.co_varnames[0]) is instance:
            return True
        frame = frame.f_back
    return False
