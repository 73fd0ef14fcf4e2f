"""What locktorture and rwtorture torture: sections that one thread, or so many, may be in at once.

Every file subjects_*.py of this folder has a dictionary SUBJECTS: name -> function that makes a new subject, of the
variant that is broken on purpose if its argument says so. The torture must find that one out.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import tests.stress

Leave = Callable[[], object]
Way = Callable[[float], Leave | None]


@dataclass(frozen=True)
class Side:
    """How to get into a section: by a with statement, or by a try or a wait with a timeout, where there are such.

    `timed` is given a number of seconds, 0 for a try, and returns what leaves again; None when it was not had.
    """

    section: Callable[[], Any]
    timed: Way | None = None


@dataclass(frozen=True)
class Subject:
    """One primitive. `room`: so many writers may be inside at once; readers only when no writer is.

    `interruptible`: an exception out of a signal handler loses nothing, wherever in `section` it comes.
    """

    write: Side
    read: Side | None = None
    room: int = 1
    interruptible: bool = True


def way(take: Callable[[float], bool], leave: Leave) -> Way:
    return lambda seconds: leave if take(seconds) else None


def all_subjects() -> dict[str, Callable[[bool], Subject]]:
    names = sorted(found.name for found in pkgutil.iter_modules(tests.stress.__path__))
    modules = [importlib.import_module(f"tests.stress.{name}") for name in names if name.startswith("subjects_")]
    return {name: make for module in modules for name, make in module.SUBJECTS.items()}
