"""Lock classes: which locks are one lock to the validator, and what they are called.

The class of a lock is the place where it was made: file, line and position of the call, and the kind of lock. Frames
of threading, queue, functools, lockdep and generated code are passed over, their name kept. Where a factory returns
the lock as it is, the caller's place is part of the class. A name given by the programmer wins. Classes belong to the
process and live as long as it does.

Classifying a new place costs some microseconds; a known one costs nothing here (see `_fastpath.creation_entry`).
"""

from __future__ import annotations

import opcode
import sys
from collections.abc import Callable
from fnmatch import fnmatchcase
from types import CodeType, FrameType

from lockdep import naming, trace
from lockdep.fastpath import BLOCKING, UNTRACKED, Entry, Site

_SKIPPED_OPS = {opcode.opmap[name] for name in ("CACHE", "NOP", "EXTENDED_ARG") if name in opcode.opmap}
_JUMP = opcode.opmap["JUMP_FORWARD"]
_RETURN = opcode.opmap["RETURN_VALUE"]
_CALL, _CACHE = opcode.opmap["CALL"], opcode.opmap["CACHE"]
_CALLS = {number for name, number in opcode.opmap.items() if name.startswith(("CALL", "PRECALL", "INSTRUMENTED_CALL"))}


class LockClass:
    """A class of locks: `places` is where they are made, innermost first; `kind` is Lock, RLock, ..."""

    __slots__ = ("entries", "given", "kind", "places", "skipped", "_name")

    def __init__(
        self,
        kind: str,
        places: tuple[tuple[CodeType, int], ...] = (),
        skipped: tuple[tuple[CodeType, int], ...] = (),
        given: str | Callable[[], str] | None = None,
    ) -> None:
        self.kind = kind
        self.places = places
        self.skipped = skipped
        self.given = given
        self.entries: dict[int, Entry] = {}
        self._name: str | None = None

    def entry(self, mode: int) -> Entry:
        """Return the one Entry of this class in this mode."""
        found = self.entries.get(mode)
        return found if found is not None else self.entries.setdefault(mode, Entry(self, mode))

    @property
    def name(self) -> str:
        """What reports call it: the place, and the variable when the source line tells."""
        if self._name is None:
            self._name = self.given() if callable(self.given) else numbered(self)
        return self._name

    def __repr__(self) -> str:
        return f"<LockClass {self.name}>"


def numbered(lock_class: LockClass) -> str:
    """Return the name of a class; of several on one line that come to the same name, the second from the left is #2."""
    name = naming.class_name(lock_class)
    earlier = [
        other for other in registry.classes() if is_before(other, lock_class) and naming.class_name(other) == name
    ]
    return f"{name}#{len(earlier) + 1}" if earlier else name


def is_before(first: LockClass, second: LockClass) -> bool:
    """Return whether two classes are made by the same code, and the first one earlier in it."""
    sites, others = (*first.skipped, *first.places), (*second.skipped, *second.places)
    if [code for code, _ in sites] != [code for code, _ in others]:
        return False
    return ([lasti for _, lasti in sites], first.kind) < ([lasti for _, lasti in others], second.kind)


class ClassRegistry:
    """All classes of the process. Its dictionaries are filled by setdefault alone, so no lock is needed."""

    def __init__(self) -> None:
        self.ignored: tuple[str, ...] = ()
        self._classes: dict[object, LockClass] = {}

    def classes(self) -> list[LockClass]:
        """Return every class, in order of registration."""
        return list(self._classes.values())

    def register_named(self, kind: str, name: str | Callable[[], str], key: object = None) -> LockClass:
        """Return the class of this name, or of this key when one is given."""
        return self._classes.setdefault((kind, name if key is None else key), LockClass(kind, given=name))

    def locate(self, frame: FrameType | None, kind: type, inner: Site | LockClass | str | None) -> Entry | None:
        """Return how a lock made here is taken, or None when the next outer frame decides.

        With no frame, `inner` is the name or the class the programmer gave.
        """
        if isinstance(inner, LockClass):
            return inner.entry(BLOCKING)
        if frame is None:
            if not isinstance(inner, str):
                raise TypeError(f"the name of a lock is a string, not {type(inner).__name__}")
            return self.register_named(kind.__name__, inner).entry(BLOCKING)
        assert not isinstance(inner, str)
        if made_by_fork_hook(frame.f_code):
            return UNTRACKED
        factory = inner is not None and not is_passed_over(inner.code)
        if is_passed_over(frame.f_code):
            return self._register(frame, kind, inner, stop_inside=True) if factory or frame.f_back is None else None
        if factory and not calls(frame):
            return self._register(frame, kind, inner, stop_inside=True)
        if returns_it(frame.f_code, frame.f_lasti) and frame.f_back is not None:
            return None
        return self._register(frame, kind, inner, stop_inside=False)

    def _register(self, frame: FrameType, kind: type, inner: Site | None, *, stop_inside: bool) -> Entry:
        sites: list[tuple[CodeType, int]] = []
        while inner is not None:
            sites.append((inner.code, inner.lasti))
            inner = inner.inner
        sites.reverse()
        if not stop_inside or not sites:
            sites.append((frame.f_code, frame.f_lasti))
        module = str(frame.f_globals.get("__name__", ""))
        if any(fnmatchcase(module, pattern) for pattern in self.ignored):
            return UNTRACKED
        skipped = tuple(site for site in sites if is_passed_over(site[0]))
        places = tuple(site for site in sites if site not in skipped) or skipped[-1:]
        key = (kind.__name__, *((id(code), lasti) for code, lasti in sites))
        return self._classes.setdefault(key, LockClass(kind.__name__, places, skipped)).entry(BLOCKING)


def is_passed_over(code: CodeType) -> bool:
    """Return whether locks made by this code belong to whoever called it."""
    name = code.co_filename
    if name.startswith("<"):  # generated code, unless the program itself has no file
        return name.startswith("<frozen") or hasattr(sys.modules.get("__main__"), "__file__")
    return trace.is_hidden(name)


def made_by_fork_hook(code: CodeType) -> bool:
    """Return whether threading makes the lock anew for itself after a fork."""
    return code.co_name == "_after_fork" and code.co_filename == trace.HIDDEN[0]


def returns_it(code: CodeType, lasti: int) -> bool:
    """Return whether the value made by the call at this offset is returned as it is."""
    bytecode = code.co_code
    at = lasti + 2
    if opcode.opname[bytecode[lasti]] == "PRECALL":  # 3.11: a specialised one does the work of the CALL behind it
        at = bytecode.index(_CALL, at) + 2
    while at < len(bytecode):
        if bytecode[at] == _JUMP:
            at += 2 * bytecode[at + 1]
        elif bytecode[at] not in _SKIPPED_OPS:
            return bytecode[at] == _RETURN
        at += 2
    return False


def calls(frame: FrameType) -> bool:
    """Return whether the frame stands at a call. It does not when it reads a property."""
    bytecode, at = frame.f_code.co_code, frame.f_lasti
    while at > 0 and bytecode[at] == _CACHE:  # the offset of a running call may point into its inline cache
        at -= 2
    return bytecode[at] in _CALLS


registry = ClassRegistry()
