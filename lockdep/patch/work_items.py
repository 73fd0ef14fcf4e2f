"""What work items of any pool have in common: their names, and which threads know that one is done.

What a thread knows is kept in the future or result, as serial numbers of threads.
"""

from __future__ import annotations

from types import BuiltinFunctionType, CodeType, FunctionType, MethodType
from typing import Any

from lockdep import fastpath
from lockdep.paths import short_path

KNOWN_BY = "_lockdep_known_by"


def described(task: Any) -> tuple[str, CodeType | None]:
    """Return the name and the code of a work item's function, or the class's name if it is some other callable.

    No reference to the callable is kept, and none of its attributes is asked for: they may be code of the program.
    """
    function = task.__func__ if type(task) is MethodType else task
    if type(function) is FunctionType:
        return function.__qualname__, function.__code__
    return function.__qualname__ if type(function) is BuiltinFunctionType else type(function).__qualname__, None


def task_place(name: str, code: CodeType | None) -> str:
    """Return where the function of a work item is defined."""
    return f"task:{code_place(name, code)}"


def code_place(name: str, code: CodeType | None) -> str:
    """Return where code begins, as text; its name if that is not known."""
    return name if code is None else f"{short_path(code.co_filename)}:{code.co_firstlineno}"


def is_known(result: Any) -> bool:
    """Return whether this thread knows a future or result to be done."""
    return fastpath.thread_state().serial in vars(result).get(KNOWN_BY, ())


def learn_done(result: Any) -> bool:
    """Note that this thread knows it to be done; return whether it did not before."""
    known: set[int] = vars(result).setdefault(KNOWN_BY, set())
    serial = fastpath.thread_state().serial
    if serial in known:
        return False
    known.add(serial)
    return True
