"""What work items of any pool have in common: their names, and which threads know that one is done.

What a thread knows is kept in the future or result, as serial numbers of threads.
"""

from __future__ import annotations

from types import BuiltinFunctionType, CodeType, FunctionType, MethodType
from typing import Any

from lockdep import fastpath
from lockdep.fastpath import Handed, new_serial
from lockdep.graph.runs import Run
from lockdep.kept import kept
from lockdep.patch.starts import begin
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


def code_place(name: str, code: CodeType | None) -> str:
    """Return where code begins, as text; its name if that is not known."""
    return name if code is None else f"{short_path(code.co_filename)}:{code.co_firstlineno}"


@kept
class Item:
    """A work item that was submitted at the moment `queued`: the Task of its run.

    `submitter` is the serial of the thread that has submitted it, 0 if that is not known; `handed` is what that one
    knew and held, until the item begins. It does not refer to its run, which refers to it.
    """

    __slots__ = ("code", "function", "handed", "queued", "submitter")

    def __init__(self, task: Any, handed: Handed | None, queued: int | None = None) -> None:
        self.function, self.code = described(task)
        self.handed: Handed | None = handed
        self.queued: int = new_serial() if queued is None else queued
        self.submitter: int = fastpath.thread_state().serial if queued is None else 0

    def label(self) -> str:
        """Return its name."""
        return f"work item {self.function}"

    def where(self) -> str:
        """Return where its function is defined."""
        return f"task:{code_place(self.function, self.code)}"

    @property
    def name(self) -> str:
        """Its name."""
        return self.label()

    @property
    def place(self) -> str:
        """Where its function is defined."""
        return self.where()

    def begin(self, thread: int, by: str) -> Run:
        """Return its run, which begins in the thread with this serial."""
        run = Run(self.label, self.where, thread)
        begin(run, self.handed, by)
        run.task = self
        self.handed = None
        return run


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
