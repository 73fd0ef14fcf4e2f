"""Lock classes: which locks the validator treats as one.

The class of a lock is the place where it was made: file, line and position of the call, and the kind of lock. Frames
of threading, queue, functools, lockdep and generated code are passed over, but stay in the name. If a factory returns
the lock as it is, the place of the factory's caller is part of the class. A name or key given by the programmer wins.
Code that is compiled again makes locks of the same class, unless its text has changed (see places.py).

Classes belong to the process and live as long as it does. Classifying a new place costs some microseconds; a known
place costs nothing here (see `fastpath.creation_entry`).
"""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from types import FrameType
from typing import Any

from lockdep.fastpath import BLOCKING, UNTRACKED, Entry, ExclusiveLock, Site
from lockdep.graph.capacity import Capacity
from lockdep.graph.creation import (
    calls,
    is_passed_over,
    is_rlock_function,
    made_by_fork_hook,
    made_by_import,
    made_by_us,
    returns_it,
)
from lockdep.graph.generated import Field, field_name, field_of
from lockdep.graph.naming import Named, class_name, likeness, numbers
from lockdep.graph.on_demand import is_memoized, is_on_demand
from lockdep.places import Place, Step, place_of, step_of
from lockdep.wait_types import DROP_IN, PLAIN, Traits

SUBCLASSES = 8


class LockClassKey:
    """A key for lock classes: all locks that are given the same key are of one class (see `set_class`)."""

    __slots__ = ()


class LockClass:
    """A class of locks. `kind` is Lock, RLock, ...; `places` is where they are made, innermost first.

    `skipped` has the frames that were passed over, `given` the name from the programmer. `traits` says how the locks
    wait. `order` holds the comparison by which instances may be nested, if there is one. `reentrant` is the reason why
    handlers may take its locks, '' if there is none. `capacity` says how many units semaphores have. `number` is that
    of a subclass, whose `base` is the class itself. `maker` is the instruction that gets the first one,
    in a `memoized` function if its result is kept.
    """

    __slots__ = (
        "base", "by_instance", "capacity", "entries", "given", "kind", "maker", "memoized", "number", "order",
        "places", "reentrant", "skipped", "subclasses", "traits", "_name", "_on_demand",
    )  # fmt: skip

    def __init__(
        self,
        kind: str,
        places: tuple[Place, ...] = (),
        skipped: tuple[Place, ...] = (),
        given: str | Callable[[], str] | None = None,
        traits: Traits = DROP_IN,
        base: LockClass | None = None,
        number: int = 0,
    ) -> None:
        self.kind: str = kind
        self.places: tuple[Place, ...] = places
        self.skipped: tuple[Place, ...] = skipped
        self.given: str | Callable[[], str] | None = given
        self.traits: Traits = traits
        self.by_instance: bool = traits.by_instance
        self.base: LockClass = self if base is None else base
        self.number: int = number
        self.order: Any = None
        self.reentrant: str = ""
        self.capacity: Capacity | None = None
        self.entries: dict[int, Entry] = {}
        self.subclasses: dict[int, LockClass] = {}
        self._name: str | None = None
        self.maker: Step | None = None
        self.memoized: bool = False
        self._on_demand: bool | None = None

    def subclass(self, number: int) -> LockClass:
        """Return the class of these locks when they are taken as subclass `number`, 0 to 7; 0 is the base class."""
        if number == self.number:
            return self
        if number == 0:
            return self.base
        made = LockClass(self.kind, self.places, self.skipped, self.given, self.traits, self.base, number)
        return self.base.subclasses.setdefault(number, made)

    @property
    def outer(self) -> int:
        """The strictest wait type in whose context its locks may be taken."""
        return self.traits.outer or self.traits.inner

    @property
    def waits(self) -> str:
        """The two wait types as reports show them, `outer:inner`."""
        return f"{self.outer}:{self.traits.inner}"

    def entry(self, mode: int) -> Entry:
        """Return the one Entry of this class in this mode."""
        found = self.entries.get(mode)
        return found if found is not None else self.entries.setdefault(mode, Entry(self, mode))

    @property
    def name(self) -> str:
        """The name in reports: the place, and the variable if the source line shows it. May read the source file."""
        if self._name is None:
            before = 0 if callable(self.given) else registry.number(self.base)
            name = self.given() if callable(self.given) else class_name(self.base)
            name = f"{name}#{before + 1}" if before else name
            self._name = f"{name}/{self.number}" if self.number else name
        return self._name

    @property
    def on_demand(self) -> bool:
        """Whether the code that makes its locks does so if it finds none. May read bytecode, once."""
        if self._on_demand is None:
            code = None if self.maker is None else self.maker.source()
            self._on_demand = self.maker is not None and code is not None and is_on_demand(code, self.maker.lasti)
        return self._on_demand or self.memoized

    def __repr__(self) -> str:
        return f"<LockClass {self.name}>"


class ClassRegistry:
    """All classes of the process.

    `ignored` has patterns of module names whose locks are not tracked; `clashes` the keys that were given a second
    name. The dictionary of classes is changed by setdefault alone, so no lock is needed.
    """

    def __init__(self) -> None:
        self.ignored: tuple[str, ...] = ()
        self.clashes: list[tuple[LockClass, str]] = []
        self._classes: dict[object, LockClass] = {}
        self._alike: dict[object, list[LockClass]] = {}  # those that may get the same name, in order of registration
        self._numbers: dict[object, tuple[int, dict[Named, int]]] = {}

    def classes(self) -> list[LockClass]:
        """Return all classes, in order of registration."""
        return list(self._classes.values())

    def enter(self, key: object, made: LockClass) -> LockClass:
        """Return the class with this key, which is `made` if there was none."""
        found = self._classes.setdefault(key, made)
        if found is made:
            self._alike.setdefault(likeness(made), []).append(made)
        return found

    def number(self, lock_class: LockClass) -> int:
        """Return how many classes come before this one in the order of those that get the same name.

        Cost: O(n log n) for n classes made on one line, if some were registered since the last call; else a look-up.
        """
        key = likeness(lock_class)
        alike = self._alike.get(key, ())
        known = self._numbers.get(key)
        if known is None or known[0] != len(alike):
            known = self._numbers[key] = (len(alike), numbers(alike))
        return known[1].get(lock_class, 0)

    def register_named(
        self, kind: str, name: str | Callable[[], str] | None, key: object = None, traits: Traits = DROP_IN
    ) -> LockClass:
        """Return the class with this name, or with this key if one is given. A key keeps its first name."""
        found = self._classes.get((kind, name if key is None else key))
        if found is not None:
            if key is not None and isinstance(name, str) and name != found.given:
                self.clashes.append((found, name))
            return found
        given = f"key {key!r}" if name is None else name
        made = LockClass(kind, given=given, traits=traits)
        return self.enter((kind, name if key is None else key), made)

    def is_ignored(self, module: str) -> bool:
        """Return whether the locks of the module with this name are not to be tracked."""
        return any(fnmatchcase(module, pattern) for pattern in self.ignored)

    def locate(
        self, frame: FrameType | None, kind: type, inner: Site | LockClass | str | None, key: object
    ) -> Entry | None:
        """Return the entry of a lock of type `kind` that this frame makes; None if the next outer frame decides.

        `inner` is the chain of the frames inside of this one that were passed. If `frame` is None, `inner` is the name
        or the class that the programmer gave, and `key` the key. UNTRACKED for a lock that is not to be tracked.
        """
        if isinstance(inner, LockClass):
            return inner.entry(BLOCKING)
        if frame is None:
            if not isinstance(inner, str | None):
                raise TypeError(f"the name of a lock is a string, not {type(inner).__name__}")
            return self.register_named(kind_name(kind), inner, key, traits_of(kind)).entry(BLOCKING)
        assert not isinstance(inner, str)
        code = frame.f_code
        if made_by_fork_hook(code) or (inner is None and (made_by_import(code) or made_by_us(code, kind))):
            return UNTRACKED
        field = field_of(frame)
        if field is not None:
            return self._register_field(frame, kind, field)
        factory = inner is not None and not is_passed_over(inner.place.file)
        if is_passed_over(frame.f_code.co_filename):
            return self._register(frame, kind, inner, stop_inside=True) if factory or frame.f_back is None else None
        if factory and not calls(frame):
            return self._register(frame, kind, inner, stop_inside=True)
        if calls(frame) and returns_it(frame.f_code, frame.f_lasti) and not is_memoized(frame) and frame.f_back:
            return None
        return self._register(frame, kind, inner, stop_inside=False)

    def _register_field(self, frame: FrameType, kind: type, field: Field) -> Entry:
        if self.is_ignored(field.module):
            return UNTRACKED
        filename = str(frame.f_globals.get("__file__") or f"<{field.module}>")
        key = (field, frame.f_lasti if not field.name else 0)
        return self.register_named(kind_name(kind), field_name(field, filename), key, traits_of(kind)).entry(BLOCKING)

    def _register(self, frame: FrameType, kind: type, inner: Site | None, *, stop_inside: bool) -> Entry:
        sites: list[Place] = []
        while inner is not None:
            if not is_rlock_function(inner.place):
                sites.append(inner.place)
            inner = inner.inner
        sites.reverse()
        if not stop_inside or not sites:
            sites.append(place_of(frame.f_code, frame.f_lasti))
        module = str(frame.f_globals.get("__name__", ""))
        if self.is_ignored(module):
            return UNTRACKED
        skipped = tuple(site for site in sites if is_passed_over(site.file))
        places = tuple(site for site in sites if site not in skipped) or skipped[-1:]
        key = (kind_name(kind), *sites)
        found = self._classes.get(key)
        if found is None:
            made = LockClass(kind_name(kind), places, skipped, traits=traits_of(kind))
            made.maker = step_of(frame.f_code, frame.f_lasti)
            made.memoized = is_memoized(frame)
            found = self.enter(key, made)
        return found.entry(BLOCKING)


def kind_name(kind: type) -> str:
    """Return the name of a type of lock in reports. A type that passes for another one says what it is itself."""
    return str(getattr(kind, "kind_name", kind.__name__))


def traits_of(kind: type) -> Traits:
    """Return the traits of a type of lock: those it names, else those of its base."""
    given: Traits | None = getattr(kind, "traits", None)
    return given or (DROP_IN if issubclass(kind, ExclusiveLock) else PLAIN)


registry: ClassRegistry = ClassRegistry()
