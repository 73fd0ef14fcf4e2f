"""Whose exception is it: lockdep's own, which is an internal failure, or the program's, which passes through?

A signal handler can raise between any two bytecodes, also in the middle of our work, and so can a trace function. An
exception set from another thread (PyThreadState_SetAsyncExc) has no frame of its own.
"""

from __future__ import annotations

# The module without its enumerations, which take 2 ms to import.
import _signal  # type: ignore[import-not-found]
import sys
from collections.abc import Iterator
from types import CodeType, TracebackType

from lockdep.paths import INSTALLED, STDLIB
from lockdep.trace import is_ours

_OURS = "lockdep.fastpath._interrupts"  # the module of what we put around handlers; not imported: see cli


def is_internal(error: BaseException) -> bool:
    """Return whether lockdep's own code raised an exception, or what that calls in the standard library."""
    if not isinstance(error, Exception) or not is_known(type(error)):
        return False
    return all(is_ours(code.co_filename) or is_standard(code.co_filename) for code in codes_of(error.__traceback__))


def let_pass(error: BaseException) -> None:
    """Raise an exception of the program again. Do nothing about one of ours, which the caller deals with."""
    if not is_internal(error):
        raise error


def is_from_handler(error: BaseException) -> bool:
    """Return whether a signal handler raised an exception, in whatever code it came."""
    handlers = {code_of(_signal.getsignal(number)) for number in _signal.valid_signals()}
    return not handlers.isdisjoint(codes_of(error.__traceback__))


def is_known(kind: type) -> bool:
    """Return whether our code may raise an exception of this type: a built-in one, a standard one, or ours."""
    package = kind.__module__.partition(".")[0]
    return package in ("lockdep", "primitives") or package in sys.stdlib_module_names


def is_standard(filename: str) -> bool:
    """Return whether a file belongs to the standard library."""
    if filename.startswith("<frozen "):
        return True
    return filename.startswith(STDLIB) and not any(folder in filename for folder in INSTALLED)


def codes_of(trace: TracebackType | None) -> Iterator[CodeType]:
    """Yield the code of each frame through which an exception came, outermost first."""
    while trace is not None:
        yield trace.tb_frame.f_code
        trace = trace.tb_next


def code_of(handler: object) -> object:
    """Return the code that a handler runs, as far as that can be seen; None for one that is not written in Python."""
    if type(handler).__module__ == _OURS:
        handler = getattr(handler, "handler", handler)
    handler = getattr(handler, "func", handler)  # functools.partial
    handler = getattr(handler, "__func__", handler)  # a method
    if not hasattr(handler, "__code__"):
        handler = getattr(type(handler).__call__, "__func__", type(handler).__call__) if callable(handler) else None
    return getattr(handler, "__code__", None)
