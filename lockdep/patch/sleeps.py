"""Calls of Python's own that sleep: a finding where nothing may sleep (kernel: might_sleep).

They are the functions that system_calls.py names (time.sleep, select.select, os.waitpid, os.read and others), opening a
file, what waits at a socket that is not non-blocking, and `select` of the selectors; threads.py adds the join of a
thread that runs. subprocess needs nothing here: it waits by these. Under a spinning lock, in a read section of RCU, in
a simulated handler, or with preemption, interrupts or bottom halves off, each place that calls one is reported once. A
wait for a lock, an Event, a Condition or a queue.Queue needs nothing here: the locks inside are validated. Methods of
objects in C, such as SimpleQueue.get, poll of select.poll and select.epoll, or the read and write of files, cannot be
followed.

Nothing is replaced before the program imports a primitive that spins, or one that switches something off. From then on
a call costs 0.5 us more.
"""

from __future__ import annotations

import builtins
import functools
import io
import os
import sys
from collections.abc import Callable
from types import FrameType, ModuleType
from typing import Any

from lockdep import assertions, fastpath
from lockdep.blame import is_standard
from lockdep.patch.changes import Changes
from lockdep.patch.imports import after_import, after_imports
from lockdep.patch.system_calls import Condition, always, is_above_zero, system_calls
from lockdep.trace import is_ours

SPINNING = (
    "primitives.irq", "primitives.local_lock", "primitives.percpu", "primitives.preempt", "primitives.rcu",
    "primitives.rwlock", "primitives.softirq", "primitives.spinlock",
)  # fmt: skip
SOCKET = ("accept", "connect", "recv", "recv_into", "recvfrom", "recvfrom_into", "recvmsg", "send", "sendall", "sendto")
COPIED = (  # what inspect looks at; a __getattr__ would double what a call costs
    *functools.WRAPPER_ASSIGNMENTS, "__self__", "__text_signature__", "__code__", "__defaults__", "__kwdefaults__",
)  # fmt: skip
LEFT_ALONE = ("lockdep", "primitives")
SOURCES = tuple(os.path.join(os.path.dirname(os.__file__), name) for name in ("linecache.py", "tokenize.py"))


def follow_sleeps(changes: Changes) -> None:
    """Replace the calls that sleep as soon as a module of SPINNING has been imported."""
    begin = functools.cache(lambda: replace(changes))  # at the first of them
    after_imports(changes, SPINNING, lambda _changes, _module: begin())


def replace(changes: Changes) -> None:
    """Replace the functions, also where modules have imported them by name, and methods of sockets and selectors."""
    sleeping = {id(function): Sleeping(function, condition) for function, condition in system_calls()}
    names = {one.__name__ for one in sleeping.values()}
    for module in list(sys.modules.values()):
        if isinstance(module, ModuleType) and module.__name__.partition(".")[0] not in LEFT_ALONE:
            for name in vars(module).keys() & names:
                made = sleeping.get(id(vars(module)[name]))
                if made is not None:
                    changes.rebind(module, name, made)
    opened = Sleeping(io.open, always)
    for home in (builtins, io):
        changes.rebind(home, "open", opened)
    after_import(changes, "socket", follow_sockets)
    after_import(changes, "selectors", follow_selectors)


class Sleeping:
    """A function that may sleep. Like a built-in one it does not bind where it is an attribute of a class."""

    __wrapped__: Callable[..., Any]
    __name__: str
    __qualname__: str

    def __init__(self, function: Callable[..., Any], may_sleep: Condition) -> None:
        functools.update_wrapper(self, function, COPIED)
        self._function = function
        self._may_sleep = may_sleep

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if may_matter() and self._may_sleep(args, kwargs):
            check()
        return self._function(*args, **kwargs)

    @property  # type: ignore[misc]
    def __class__(self) -> Any:  # isinstance(time.sleep, BuiltinFunctionType) stays true
        return type(self._function)

    def __reduce__(self) -> str:
        return self.__qualname__

    def __repr__(self) -> str:
        return repr(self._function)


def may_matter() -> bool:
    """Return whether this thread holds a lock or has another context than ordinary code, and is not inside lockdep."""
    state = fastpath.thread_state()
    return bool(state.chain.depth or state.context is not None) and not state.busy


def check() -> None:
    """Report the caller of the function that calls this, if nothing may sleep here."""
    if not calls_for_us(sys._getframe(2)):
        assertions.might_sleep()


def will_sleep() -> None:
    """Report the program if nothing may sleep here. For a wrapper that is going to wait for it."""
    if may_matter():
        assertions.might_sleep()


def calls_for_us(frame: FrameType | None) -> bool:
    """Return whether lockdep or a primitive makes this call, itself or by the standard library.

    A report reads sources while its thread holds what it held, and so does a traceback that the program prints, whose
    author thinks of no file. Primitives say by themselves where they may sleep.
    """
    while frame is not None and is_standard(frame.f_code.co_filename):
        if frame.f_code.co_filename in SOURCES:
            return True
        frame = frame.f_back
    return frame is not None and is_ours(frame.f_code.co_filename)


def follow_sockets(changes: Changes, module: ModuleType) -> None:
    """Replace the methods of socket.socket that wait if the socket is blocking or has a timeout."""
    if module.socket.__module__ == module.__name__:  # else it is that of greenlets
        for name in SOCKET:
            if hasattr(module.socket, name):  # which ones there are depends on the platform
                changes.rebind(module.socket, name, waiting(getattr(module.socket, name)))


def waiting(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method of sockets that is checked before it waits."""

    @functools.wraps(method)
    def wait(self: Any, /, *args: Any) -> Any:
        if may_matter() and self.gettimeout() != 0:
            check()
        return method(self, *args)

    return wait


def follow_selectors(changes: Changes, module: ModuleType) -> None:
    """Replace `select` of the selectors, by which asyncio and subprocess wait, too."""
    for kind in [one for one in vars(module).values() if isinstance(one, type) and one.__module__ == module.__name__]:
        method = vars(kind).get("select")
        if method is not None and not getattr(method, "__isabstractmethod__", False):
            changes.rebind(kind, "select", selecting(method))
    inner = vars(module.SelectSelector).get("_select")
    if type(inner) is Sleeping:  # its method has been replaced: one call is one finding
        changes.rebind(module.SelectSelector, "_select", inner.__wrapped__)


def selecting(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return `select` of a selector, which is checked before it waits."""

    @functools.wraps(method)
    def select(self: Any, timeout: float | None = None) -> Any:
        if may_matter() and (timeout is None or is_above_zero(timeout)):
            check()
        return method(self, timeout)

    return select
