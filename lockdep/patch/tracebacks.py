"""Tracebacks of exceptions that go through functions of lockdep: of those in a row the program sees the first one."""

from __future__ import annotations

from lockdep.trace import is_ours

COMPILED = "lockdep/fastpath/"  # how the files of compiled functions begin, wherever lockdep is installed


def shorten(error: BaseException) -> None:
    """Take lockdep's functions below the one that has caught an exception out of its traceback.

    One that comes from lockdep itself keeps all of them: they say where it comes from. Cost: 1 us.
    """
    outer = error.__traceback__
    inner = None if outer is None else outer.tb_next
    while inner is not None and is_own(inner.tb_frame.f_code.co_filename):
        inner = inner.tb_next
    if outer is not None and inner is not None:
        outer.tb_next = inner


def is_own(file: str) -> bool:
    return is_ours(file) or file.startswith(COMPILED)
