"""Locks of any other kind, such as files that are locked, as locks that the validator knows.

What happens inside the methods of such a lock is its own business and is not tracked. Cost: some microseconds for each
call of them.
"""

from __future__ import annotations

from typing import Any

from lockdep.fastpath import DepMap
from lockdep.rwlocks import RWMap
from lockdep.vocabulary.kinds import PROCESS

__all__ = ["track"]


class ForeignMap(RWMap):
    """What the validator knows of one such lock, which may exclude the threads of other processes, too."""

    __slots__ = ()
    kind_name = PROCESS

    def __init__(self, name: str | None = None) -> None:
        super().__init__(fair=True)
        if name is not None:
            DepMap.__init__(self, name, type(self))


def track(lock: Any, acquire: str = "acquire", release: str = "release", *, name: str | None = None) -> Any:
    """Return a proxy of a lock, of any type, that is used like the lock and is validated.

    `acquire` and `release` are the names of the methods that take the lock and release it; a `with` statement does so,
    too. A method that returns False or raises an error has not taken it. One that gets False as its first argument, or
    as `blocking`, `block` or `wait`, does not wait; a number as `timeout`, or as first argument, is a limit in seconds,
    and so is an attribute `timeout` of the lock if there are no arguments. The thread that has the lock may take it
    again. The place of this call is the class of the lock, unless that is given a `name`. Use only the proxy from then
    on. Locks of files, as filelock and portalocker make them, exclude other processes: the orders in which all
    processes of a run take them are judged together. AttributeError if a method is missing. Importing wrapt takes some
    milliseconds, once.
    """
    for method in (acquire, release):
        getattr(lock, method)
    from lockdep.foreign import TrackedLock

    return TrackedLock(lock, ForeignMap(name), (acquire, release), track_again)


def track_again(lock: Any, acquire: str, release: str, name: str | None) -> Any:
    """Return the proxy of a lock that was pickled or copied: it is of the same class."""
    return track(lock, acquire, release, name=name)
