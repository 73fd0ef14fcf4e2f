"""Which locks are tracked, which are not, and why. It helps a reader who misses a lock in the reports."""

from __future__ import annotations

import gc
import platform
import sys
from dataclasses import dataclass
from types import ModuleType

from lockdep import fastpath, patch, runtime
from lockdep.graph.classes import registry
from lockdep.patch.names import Names, modules
from lockdep.threading import RAW_LOCK, RAW_RLOCK

BEYOND_REACH = (
    "locks inside C code (the GIL, io buffers, queue.SimpleQueue, extension modules): they are no Python locks",
    "import locks, the private locks of threading, asyncio locks: they are not replaced",
)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Three lists of lines; str() is what `lockdep doctor` prints."""

    tracked: tuple[str, ...]
    untracked: tuple[str, ...]
    notes: tuple[str, ...]

    def __str__(self) -> str:
        parts = [("tracked", self.tracked), ("not tracked", self.untracked), ("notes", self.notes)]
        return "\n".join(
            line for title, lines in parts if lines for line in (f"{title}:", *(f"  {text}" for text in lines))
        )


def doctor() -> Diagnosis:
    """Look at all modules and all objects and return what was found. Cost: some ms for each 100,000 objects."""
    names = patch.current_names()
    return Diagnosis(tuple(tracked_lines(names)), tuple(untracked_lines(names)), tuple(note_lines()))


def tracked_lines(names: Names | None) -> list[str]:
    """Return what is tracked."""
    if names is None:
        return ["only locks made from lockdep.threading: lockdep.install() has not been called"]
    probe = (
        "threading.Lock() gives a validated lock"
        if self_test()
        else "threading.Lock() gives a raw lock: something replaced the name"
    )
    lines = [f"{probe}; {names.renamed} imported names follow", f"{len(registry.classes())} lock classes so far"]
    return lines + [f"adopted: {name}" for name in names.adopted()]


def self_test() -> bool:
    """Return whether threading.Lock() makes a validated lock now, in a module that is not ours: ours get raw locks."""
    lock = eval("__import__('threading').Lock()", {"__name__": "a_program"})
    return isinstance(lock, fastpath.ExclusiveLock)


def untracked_lines(names: Names | None) -> list[str]:
    """Return what is not tracked, and why."""
    busy = [] if names is None else names.busy()
    lines = [f"{name}: held while lockdep was installed, so it could not be adopted" for name in busy]
    lines += [f"{name}: made before lockdep was installed, kept in a class" for name in class_level_locks()]
    others = sum(is_raw(value) for value in gc.get_objects())
    lines.append(f"{others} raw locks in all, in objects, closures and the interpreter's own modules")
    lines += [f"modules told to be ignored: {', '.join(registry.ignored)}"] if registry.ignored else []
    return [*lines, *BEYOND_REACH]


def is_raw(value: object) -> bool:
    """Return whether an object is a lock of threading's own. The types are compared by `is`, since ours equal them."""
    return type(value) is RAW_LOCK or type(value) is RAW_RLOCK


def class_level_locks() -> list[str]:
    """Return the names of raw locks that are attributes of classes, as module.Class.attribute."""
    found = set()
    for module in modules():
        for value in own_classes(module):
            found |= {
                f"{value.__module__}.{value.__qualname__}.{name}" for name, lock in vars(value).items() if is_raw(lock)
            }
    return sorted(found)


def own_classes(module: ModuleType) -> list[type]:
    """Return the classes that a module defines."""
    return [
        value for value in list(vars(module).values()) if type(value) is type and value.__module__ == module.__name__
    ]


def note_lines() -> list[str]:
    """Return the build, the interpreter, and what else matters for tracking."""
    lines = [f"{fastpath.BUILD} build on {platform.python_implementation()} {platform.python_version()}"]
    enabled = getattr(sys, "_is_gil_enabled", lambda: True)()
    lines += [] if enabled else ["free-threaded, with the GIL off"]
    return lines + runtime.greenlet_notes()
