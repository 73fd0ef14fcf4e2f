"""What lockdep imports late, whatever the program has done to `builtins.__import__` and `sys.modules`.

What writes reports and files is imported when it is first needed, which may be within a lock operation of the program.
A `builtins.__import__` of the program that fails there would lose the finding, and its exception would leave that
operation. While one thread is in `own_imports()`, all threads import as without the program's function.
"""

from __future__ import annotations

import _thread
import builtins
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from lockdep.forks import at_fork


class _Process:
    """`inside` has the ident of each thread in `own_imports()`, `replaced` what stood there before the first."""

    own: Callable[..., Any] = builtins.__import__
    inside: list[int] = []  # noqa: RUF012 - one process, one list
    replaced: Callable[..., Any] | None = None
    modules: dict[str, ModuleType] = {}  # noqa: RUF012


def remember_modules() -> None:
    """Remember the modules of lockdep: a program may take what it does not know out of sys.modules. Cost: 20 us."""
    _Process.modules = {name: module for name, module in list(sys.modules.items()) if name.split(".")[0] == "lockdep"}


def put_modules_back() -> None:
    """Put the modules of lockdep back if they are gone: imported anew, they would know of no lock and no finding."""
    for name in (__name__, "lockdep"):
        if _Process.modules and sys.modules.get(name) is not _Process.modules.get(name):
            sys.modules.update(_Process.modules)


@contextmanager
def own_imports() -> Iterator[None]:
    """Import as without the program. Cost: 1 us."""
    put_modules_back()
    _Process.inside.append(_thread.get_ident())
    if builtins.__import__ is not _Process.own:
        _Process.replaced, builtins.__import__ = builtins.__import__, _Process.own
    try:
        yield
    finally:
        _Process.inside.remove(_thread.get_ident())
        give_back()


def give_back() -> None:
    """Put the program's function back when the last thread is done, unless the program has put one there meanwhile."""
    if not _Process.inside and _Process.replaced is not None:
        replaced, _Process.replaced = _Process.replaced, None
        if builtins.__import__ is _Process.own:
            builtins.__import__ = replaced


def forget_others() -> None:
    """In a child: the other threads are gone."""
    me = _thread.get_ident()
    _Process.inside = [ident for ident in _Process.inside if ident == me]
    give_back()


at_fork(after_in_child=forget_others)
