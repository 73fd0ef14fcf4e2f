"""Types and functions that pass for those of threading, so that a program sees no difference in what it imports.

`type(threading.Lock())` has the module, the name and the documentation of the type it stands for, accepts the raw locks
that the program made before, and equals the raw type: whoever keeps a table by type, as picklers do, finds ours in it.
What still differs: `is` between the raw type and ours, checks in C, the bases and the metaclass, the words of errors
about wrong arguments, and attributes of ours (`owner`, `count`, ...), which `dir` does not show.
"""

from __future__ import annotations

import functools
import importlib
import threading
from typing import Any

from lockdep import fastpath
from lockdep.threading import Lock, RLock

_CANNOT_BE_CALLED = 1 << 7  # Py_TPFLAGS_DISALLOW_INSTANTIATION
_IMMUTABLE = 1 << 8  # Py_TPFLAGS_IMMUTABLETYPE
_HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE
_BASETYPE = 1 << 10  # Py_TPFLAGS_BASETYPE


class Lookalike(type):
    """The type of a type that passes for another one, and of its subclasses, which pass for nothing."""

    def __instancecheck__(cls, instance: object) -> bool:
        return type.__instancecheck__(cls, instance) or type(instance) is stands_for(cls)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return type.__subclasscheck__(cls, subclass) or subclass is stands_for(cls)

    def __eq__(cls, other: object) -> bool:
        return cls is other or other is stands_for(cls)

    def __hash__(cls) -> int:
        return type.__hash__(stands_for(cls))


def stands_for(kind: type) -> type:
    """Return the type that `kind` passes for, which is `kind` itself if it passes for none."""
    given: type = vars(kind).get("stands_for", kind)
    return given


class Absent:
    """In place of an attribute that a type has, and the one it passes for has not."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, lock: object, kind: type) -> Any:
        whose = f"type object {full_name(kind)!r}" if lock is None else f"{full_name(kind)!r} object"
        raise AttributeError(f"{whose} has no attribute {self.name!r}")


def lookalike(real: type, base: type, make: Any) -> Any:
    """Return a subclass of `base` that passes for `real`; its objects are made by `make`, which is given the type."""

    def seen_class(self: Any) -> type:
        return real if type(self) is kind else type(self)

    namespace = {
        "__slots__": (),
        "__module__": real.__module__,
        "__qualname__": real.__qualname__,
        "__doc__": real.__doc__,
        "__new__": make,
        "__init__": object.__init__,
        "__class__": property(seen_class),
        "__repr__": described_in_python if in_python(real) else described,
        "__reduce_ex__": reduced,
        "__init_subclass__": classmethod(refuse_subclass),
        "stands_for": real,
    }
    if not hasattr(real, "locked"):  # an RLock before 3.14
        namespace["locked"] = Absent("locked")
    kind: Any = Lookalike(real.__name__, (base,), namespace)
    fastpath.pass_for(kind, full_name(real))
    return kind


def full_name(kind: type) -> str:
    """Return the name of a type as error messages show it: with the module, if the type is written in C."""
    return kind.__qualname__ if in_python(kind) else f"{kind.__module__}.{kind.__qualname__}"


def in_python(kind: type) -> bool:
    """Return whether a type is written in Python, as those are that stay in threading after greenlets have patched."""
    return bool(kind.__flags__ & _HEAP_TYPE) and not kind.__flags__ & _IMMUTABLE


def described(lock: Any) -> str:
    """Return the representation of a lock, as raw locks are shown."""
    base = Lock if isinstance(lock, Lock) else RLock
    state = "locked" if base.locked(lock) else "unlocked"
    return f"<{state} {full_name(stands_for(type(lock)))} object{lock.describe()} at {id(lock):#x}>"


def described_in_python(lock: Any) -> str:
    """Return the representation of a lock that stands for one of greenlets: the library's own, or that of an RLock."""
    if isinstance(lock, Lock):
        return repr(lock.raw)
    kind, holder = stands_for(type(lock)), threading._active.get(lock._owner, lock._owner)  # type: ignore[attr-defined]
    state, count = ("locked", lock.count) if lock.owner else ("unlocked", 0)
    owner = getattr(holder, "name", holder)
    return f"<{state} {kind.__module__}.{kind.__qualname__} object owner={owner!r} count={count} at {id(lock):#x}>"


def reduced(lock: Any, protocol: int) -> Any:
    """Refuse to be pickled or copied, as raw locks do. A subclass may know better."""
    if type(lock).__reduce__ is not (Lock if isinstance(lock, Lock) else RLock).__reduce__:
        return lock.__reduce__()
    kind = stands_for(type(lock))
    raise TypeError(f"cannot pickle {kind.__name__ if protocol < 2 else full_name(kind)!r} object")


def refuse_subclass(kind: Any, /, **_keywords: object) -> None:
    """Raise CPython's error for a subclass of a type that may have none."""
    real = next(stands_for(each) for each in kind.__mro__ if each is not stands_for(each))
    if not real.__flags__ & _BASETYPE:
        raise TypeError(f"type {full_name(real)!r} is not an acceptable base type")


def lock_type(real: type) -> Any:
    """Return the type of the locks that stand for threading.Lock's. Before 3.13 only a function makes those."""

    def refuse(_kind: type, *args: object, **kwargs: object) -> Any:
        return real(*args, **kwargs)  # CPython's own error

    return lookalike(real, Lock, refuse if real.__flags__ & _CANNOT_BE_CALLED else fastpath.make_lock)


def rlock_type(real: type) -> Any:
    """Return the type of the locks that stand for threading.RLock's."""
    return lookalike(real, RLock, fastpath.make_rlock)


class Factory(functools.partial[Any]):
    """A function of threading that makes locks. It passes for the function that it replaces.

    A partial is called without a Python frame, and does not become a method where it is an attribute of a class.
    """

    replaced: Any

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return type(self.replaced)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.replaced, name)

    def __repr__(self) -> str:
        return repr(self.replaced)

    def __eq__(self, other: object) -> bool:
        return self is other or self.replaced is other

    def __hash__(self) -> int:
        return hash(self.replaced)

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, _memo: object) -> Any:
        return self

    def __reduce__(self) -> Any:
        """Pickle by name, as a function: a process without lockdep finds threading's own."""
        return getattr, (_Module("threading"), "Lock")


Factory.__module__, Factory.__name__, Factory.__qualname__ = "builtins", *2 * ("builtin_function_or_method",)


class _Module:
    """A module that can be pickled, by its name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __reduce__(self) -> Any:
        return importlib.import_module, (self.name,)


def factory(replaced: Any, kind: Any) -> Any:
    """Return a function that passes for `replaced` and makes locks of this type."""
    made = Factory(fastpath.make_lock, kind)
    made.replaced = replaced
    for name in ("__module__", "__name__", "__qualname__", "__doc__"):
        setattr(made, name, getattr(replaced, name))
    return made
