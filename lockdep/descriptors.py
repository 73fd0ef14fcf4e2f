"""A file descriptor for lockdep where the program has used up all of its own.

To tell a finding reads modules and source files. Nothing of it is imported before there is a finding, and a program
that leaks descriptors has none left then. So one that lockdep keeps for something else is given up meanwhile. If that
does not help, since the limit has become lower, the limit is raised by some, also meanwhile, if that is allowed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from errno import EMFILE, ENFILE
from os import O_RDONLY, close, devnull
from os import open as open_file  # by a name of ours: tests put mocks in its place

MORE = 8  # by which the limit is raised


class _Kept:
    """What lockdep keeps: `release` returns whether there was something, which `keep` is to get again."""

    release: Callable[[], bool] = staticmethod(bool)
    keep: Callable[[], object] = staticmethod(bool)


def lend(release: Callable[[], bool], keep: Callable[[], object]) -> None:
    """Have a descriptor given up by `release` where none is free, and got again by `keep`."""
    _Kept.release, _Kept.keep = staticmethod(release), staticmethod(keep)


def move() -> None:
    """Get what is kept again, since the program has changed the limit."""
    if _Kept.release():
        _Kept.keep()


def none_left(error: BaseException) -> bool:
    """Return whether an error says that no file descriptor is free."""
    return isinstance(error, OSError) and error.errno in (EMFILE, ENFILE)


@contextmanager
def one_free() -> Iterator[None]:
    """Have a descriptor free in the block, if there is a way to it. Cost: some microseconds."""
    if is_one_free():
        yield
        return
    released = _Kept.release()
    limits = None if is_one_free() else raise_limit()
    try:
        yield
    finally:
        if limits is not None:
            set_limits(limits)
        if released:
            _Kept.keep()


def is_one_free() -> bool:
    """Return whether a file can be opened."""
    try:
        close(open_file(devnull, O_RDONLY))
    except OSError as error:
        if is_from_elsewhere(error):
            raise
        return not none_left(error)
    return True


def raise_limit() -> tuple[int, int] | None:
    """Let this process have some more descriptors; return the limits of before, or None if they have not changed.

    Who has changed them in this process has imported `resource`, which could not be imported now.
    """
    resource = sys.modules.get("resource")
    if resource is None:
        return None
    soft, hard = limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    more = soft + MORE
    return limits if set_limits((more, hard if hard < 0 else max(hard, more))) else None


def set_limits(limits: tuple[int, int]) -> bool:
    """Set both limits of the number of descriptors; return False if that is not allowed."""
    resource = sys.modules["resource"]
    try:
        # not by what stands in its place to notice that the program calls it
        getattr(resource.setrlimit, "__wrapped__", resource.setrlimit)(resource.RLIMIT_NOFILE, limits)
    except (OSError, ValueError) as error:
        if is_from_elsewhere(error):
            raise
        return False
    return True


def is_from_elsewhere(error: BaseException) -> bool:
    """Return whether an exception was raised by Python code that was called, such as a signal handler."""
    return error.__traceback__ is not None and error.__traceback__.tb_next is not None
