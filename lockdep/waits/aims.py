"""What a thread can wait for that is no lock: the end of a thread, or the result of a work item."""

from __future__ import annotations

from collections.abc import Sized
from typing import ClassVar, NamedTuple, Protocol

from lockdep import fastpath
from lockdep.fastpath import DepMap, Wait
from lockdep.graph.classes import LockClass
from lockdep.graph.modules import module_class
from lockdep.graph.runs import Run

ITEM, ROOM, TASKS = "an item of a queue", "room in a queue", "the end of all tasks of a queue"
EVENT, CONDITION, PARTIES = "an event", "a condition", "the other parties of a barrier"
RESULT = "the result of a future"


class Enders(NamedTuple):
    """The threads that can end a wait, by serial: any of them, or only all together. With `anybody`, others can too."""

    serials: tuple[int, ...] = ()
    every: bool = False
    anybody: bool = False


NOBODY = Enders()
ANYBODY = Enders(anybody=True)
NOW = Enders(every=True)  # nobody has to do anything: it ends by itself


class Aim(Protocol):
    """What a Wait for something else than a lock waits for; its field `aim`.

    `looks` says whether the waiting thread looks between naps whether its wait can end, `resource` whether it waits for
    what others have taken and will give back, though it is not known who. `sleepers` are all who wait for the same
    thing and were not woken; None if that is not known.
    """

    looks: ClassVar[bool]

    @property
    def sleepers(self) -> Sized | None: ...

    @property
    def resource(self) -> bool: ...

    def ender(self) -> int:
        """Return the serial of the only thread that can end the wait; 0 if that is not known."""

    def enders(self) -> Enders:
        """Return who can end the wait."""

    def interrupt(self, ident: int, error: Exception) -> bool:
        """Let the thread with this ident, which waits for it, raise an error; return False if that cannot be done."""

    def text(self) -> str:
        """Return it in words."""

    def place(self) -> str:
        """Return where its code begins; it tells findings apart."""


def wanted_lock(wait: Wait) -> DepMap | None:
    """Return the lock that a thread waits for, also if it counts as held while it waits; None if it is no lock."""
    return wait.lock if wait.lock is not None else getattr(wait.aim, "wanted", None)


class RunAim(Aim, Protocol):
    """The same, where it is a run, or will be one."""

    @property
    def run(self) -> Run | None:
        """The run; None if it has not begun."""


class RunEnd:
    """The end of a run that has begun."""

    __slots__ = ("_run",)
    looks: ClassVar[bool] = True
    resource: ClassVar[bool] = False
    sleepers: ClassVar[None] = None

    def __init__(self, run: Run) -> None:
        self._run = run

    @property
    def run(self) -> Run:
        """The run."""
        return self._run

    def ender(self) -> int:
        """Return the serial of the thread that runs it."""
        return self._run.thread

    def enders(self) -> Enders:
        """Return that thread."""
        return run_enders(self._run)

    def interrupt(self, _ident: int, _error: Exception) -> bool:
        """Do nothing: the thread looks by itself."""
        return False

    def text(self) -> str:
        """Return the name of the thread or work item."""
        return f"the end of {self._run.label()}"

    def place(self) -> str:
        """Return where its code begins."""
        return self._run.place()


class Outside:
    """What a thread waits for in C, in one piece, that another process may end."""

    __slots__ = ()
    looks: ClassVar[bool] = False
    resource: ClassVar[bool] = False
    sleepers: ClassVar[None] = None

    def ender(self) -> int:
        """Return 0: it may be a thread of another process."""
        return 0

    def enders(self) -> Enders:
        """Say that it ends by itself: in this process nobody is known who could end the wait."""
        return NOW

    def interrupt(self, _ident: int, _error: Exception) -> bool:
        """Do nothing: the thread waits in C."""
        return False


class ProcessEnd(Outside):
    """The end of another process."""

    __slots__ = ("name", "pid")

    def __init__(self, name: str, pid: int) -> None:
        self.name = name
        self.pid = pid

    def text(self) -> str:
        """Return the name of the process."""
        return f"the end of {self.name}"

    def place(self) -> str:
        """Return its number, which tells it from others of this name."""
        return f"pid {self.pid}"


class ModuleLoaded:
    """The end of an import by another thread, whichever loads the module now."""

    __slots__ = ("_name", "_waiter")
    looks: ClassVar[bool] = False  # importlib waits, in one piece
    resource: ClassVar[bool] = False
    sleepers: ClassVar[None] = None

    def __init__(self, name: str, waiter: int) -> None:
        self._name = name
        self._waiter = waiter

    @property
    def lock_class(self) -> LockClass:
        """The class of the module's lock."""
        return module_class(self._name)

    def ender(self) -> int:
        """Return the serial of the thread that loads the module; 0 if none does."""
        begun = fastpath.loading(self._name)
        return 0 if begun is None or begun.seen.thread == self._waiter else begun.seen.thread

    def enders(self) -> Enders:
        """Return that thread."""
        ender = self.ender()
        return Enders((ender,)) if ender and fastpath.find_thread(ender) is not None else NOW

    def interrupt(self, _ident: int, _error: Exception) -> bool:
        """Do nothing: the thread waits in importlib."""
        return False

    def text(self) -> str:
        """Return what is waited for."""
        return f"the end of the import of {self._name}"

    def place(self) -> str:
        """Return the name of the module; it tells findings apart."""
        return f"module:{self._name}"


def run_enders(run: Run) -> Enders:
    """Return the thread that can end a run: the one that runs it, unless that has ended."""
    return NOW if fastpath.find_thread(run.thread) is None else Enders((run.thread,))
