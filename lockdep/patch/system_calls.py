"""Which functions of os, select, signal and fcntl may sleep, and with which arguments they do.

A condition gets the arguments of a call, by position and by name, and returns whether that call may sleep. It raises
nothing: a call with wrong arguments is left to the function, whose error the program expects.

`os.open` is not among them: the program would find it missing from `os.supports_dir_fd`, and shutil.rmtree goes by
that.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

Arguments = tuple[Any, ...]
Named = dict[str, Any]
Condition = Callable[[Arguments, Named], bool]


def always(_args: Arguments, _named: Named) -> bool:
    """Return True: each call may sleep."""
    return True


def asks_to_sleep(args: Arguments, _named: Named) -> bool:
    """Return whether time.sleep is asked for more than to let others run."""
    return is_above_zero(args[0] if args else 0)


def times_out_later(position: int) -> Condition:
    """Return the condition that the timeout at this position is missing, None or more than 0."""
    return lambda args, _: len(args) <= position or args[position] is None or is_above_zero(args[position])


def waits_for_child(position: int) -> Condition:
    """Return the condition that the options, at this position or by name, are without WNOHANG."""
    return lambda args, named: lacks(argument(args, named, position, "options"), os.WNOHANG)


def is_blocking(args: Arguments, named: Named) -> bool:
    """Return whether the first argument is a descriptor that is not non-blocking."""
    return blocks(argument(args, named, 0, "out_fd"))


def moves_and_blocks(args: Arguments, named: Named) -> bool:
    """Return whether one of the two descriptors is not non-blocking."""
    return is_blocking(args, named) or blocks(argument(args, named, 1, "in_fd"))


def waits_for_lock(*others: int) -> Condition:
    """Return the condition that the operation, the second argument, has none of these bits."""
    return lambda args, _: len(args) > 1 and all(lacks(args[1], other) for other in others)


def locks_and_waits(args: Arguments, _named: Named) -> bool:
    """Return whether os.lockf is asked to lock, not only to try."""
    return len(args) > 1 and args[1] == os.F_LOCK


def argument(args: Arguments, named: Named, position: int, name: str) -> Any:
    return args[position] if len(args) > position else named.get(name, 0)


def is_above_zero(value: object) -> bool:
    return isinstance(value, (int, float)) and value > 0


def lacks(value: object, bit: int) -> bool:
    return isinstance(value, int) and not value & bit


def blocks(descriptor: object) -> bool:
    try:
        return isinstance(descriptor, int) and os.get_blocking(descriptor)
    except (OSError, OverflowError):
        return False


OF_OS: dict[str, Condition] = {
    **dict.fromkeys(("system", "wait", "fsync", "fdatasync", "sync"), always),
    **dict.fromkeys(("waitpid", "wait4"), waits_for_child(1)),
    "wait3": waits_for_child(0),
    "waitid": waits_for_child(2),
    **dict.fromkeys(
        (
            "read", "readv", "pread", "preadv", "write", "writev", "pwrite", "pwritev", "eventfd_read", "eventfd_write",
        ),
        is_blocking,
    ),
    "sendfile": moves_and_blocks,
    "lockf": locks_and_waits,
}  # fmt: skip
OF_SIGNAL: dict[str, Condition] = {
    **dict.fromkeys(("pause", "sigwait", "sigwaitinfo"), always),
    "sigtimedwait": times_out_later(1),
}


def system_calls() -> Iterator[tuple[Callable[..., Any], Condition]]:
    """Yield each function that this platform has, with its condition."""
    import _signal  # type: ignore[import-not-found]
    import select

    yield time.sleep, asks_to_sleep
    yield select.select, times_out_later(3)
    yield from present(os, OF_OS)
    yield from present(_signal, OF_SIGNAL)
    try:
        import fcntl
    except ImportError:
        return  # there is none on Windows
    yield from present(fcntl, dict.fromkeys(("flock", "lockf"), waits_for_lock(fcntl.LOCK_NB, fcntl.LOCK_UN)))


def present(module: ModuleType, conditions: dict[str, Condition]) -> Iterator[tuple[Callable[..., Any], Condition]]:
    """Yield those of the functions that the module has."""
    return ((getattr(module, name), condition) for name, condition in conditions.items() if hasattr(module, name))
