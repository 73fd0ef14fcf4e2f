"""Whether code makes a lock for itself or for its caller, read off bytecode and file names of the creating frames."""

from __future__ import annotations

import opcode
import sys
from collections.abc import Callable
from types import CodeType, FrameType
from typing import TypeVar

from lockdep import fastpath, trace
from lockdep.places import Place

_SKIPPED_OPS = {opcode.opmap[name] for name in ("CACHE", "NOP", "EXTENDED_ARG") if name in opcode.opmap}
_JUMP = opcode.opmap["JUMP_FORWARD"]
_RETURN = opcode.opmap["RETURN_VALUE"]
_CALL, _CACHE = opcode.opmap["CALL"], opcode.opmap["CACHE"]
_CALLS = {number for name, number in opcode.opmap.items() if name.startswith(("CALL", "PRECALL", "INSTRUMENTED_CALL"))}

T = TypeVar("T")


def made_earlier(make: Callable[[], T]) -> T:
    """Return what `make` makes, as something that the running thread has not made just now (see evidence/fresh.py).

    It is for what is known of a lock that was made before the validator followed its methods.
    """
    thread = fastpath.thread_state()
    busy, thread.busy = thread.busy, True
    try:
        return make()
    finally:
        thread.busy = busy


def is_passed_over(name: str) -> bool:
    """Return whether a lock made by the code of this file belongs to the code's caller."""
    if name.startswith("<"):  # generated code, unless the program itself was not read from a file
        return name.startswith("<frozen") or hasattr(sys.modules.get("__main__"), "__file__")
    return trace.is_hidden(name)


def made_by_fork_hook(code: CodeType) -> bool:
    """Return whether this is the hook with which threading renews its own locks after a fork."""
    return code.co_name == "_after_fork" and code.co_filename == trace.HIDDEN[0]


def made_by_import(code: CodeType) -> bool:
    """Return whether this is the import system, which makes an RLock for each module and finds deadlocks itself."""
    return code.co_filename == "<frozen importlib._bootstrap>"


def made_by_us(code: CodeType, kind: type) -> bool:
    """Return whether code of ours makes a lock of a type that it means to be a raw one: `_thread.RLock()`."""
    return kind.__module__ == "_thread" and trace.is_ours(code.co_filename)


def is_rlock_function(place: Place) -> bool:
    """Return whether this is threading.RLock, a function around the type of the lock. It is not worth a mention."""
    return place.function == "RLock" and place.file == trace.HIDDEN[0]


def returns_it(code: CodeType, lasti: int) -> bool:
    """Return whether the code returns the value of the call at this offset as it is."""
    bytecode = code.co_code
    at = lasti + 2
    if opcode.opname[bytecode[lasti]] == "PRECALL":  # 3.11: a specialised PRECALL does the work of the CALL behind it
        at = bytecode.index(_CALL, at) + 2
    while at < len(bytecode):
        if bytecode[at] == _JUMP:
            at += 2 * bytecode[at + 1]
        elif bytecode[at] not in _SKIPPED_OPS:
            return bytecode[at] == _RETURN
        at += 2
    return False


def calls(frame: FrameType) -> bool:
    """Return whether the frame is executing a call. It is not when it reads a property."""
    bytecode, at = frame.f_code.co_code, frame.f_lasti
    while at > 0 and bytecode[at] == _CACHE:  # the offset of a running call may point into its inline cache
        at -= 2
    return bytecode[at] in _CALLS
