"""What a thread holds, for rules and reports: the class, the instance and the place of each held lock."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Sequence
from functools import lru_cache
from types import BuiltinFunctionType, CodeType, MethodType, MethodWrapperType

from lockdep import fastpath
from lockdep.fastpath import Chain, Sighting, ThreadState, Wait
from lockdep.graph.naming import place_name
from lockdep.graph.runs import Run
from lockdep.places import Step, step_of
from lockdep.trace import NO_STACK, StackTrace, is_hidden, seen_stack
from lockdep.violations.where import HeldLock
from lockdep.waits.aims import wanted_lock

_active: dict[int, threading.Thread] = threading._active  # type: ignore[attr-defined]
MADE_UP = re.compile(
    r"(?:ThreadPoolExecutor-\d+_|Thread-)(\d+)(?: \(worker\))?"
)  # names of workers of pools without one
COMPILED = (BuiltinFunctionType, MethodWrapperType)
CYTHON = "cython_function_or_method"
HEAP_TYPE = 1 << 9  # of a type's flags (Py_TPFLAGS_HEAPTYPE)
PURE = fastpath.BUILD == "pure"
# Whether no other thread can free a code object now: with the GIL; without it, 3.13 makes code objects immortal.
CODE_STAYS = fastpath.HAS_GIL or sys.version_info < (3, 14)


def held_in(seen: Sighting, stack: StackTrace, depth: int) -> tuple[HeldLock, ...]:
    """Return the locks that were held at a sighting, outermost first. `stack` is its stack; `depth` limits theirs."""
    return tuple(
        HeldLock(chain.entry.lock_class, serial, origin(chain, steps, stack, depth), chain.entry.mode)
        for chain, serial, steps in seen.held()
    )


def origin(chain: Chain, steps: Sequence[tuple[CodeType, int]], now: StackTrace, depth: int) -> StackTrace:
    """Return where a held lock was taken, from the steps that are known of it; NO_STACK if none are."""
    return with_callers(seen_stack(steps, depth), now) if steps else guess(chain, now) if PURE else NO_STACK


def with_callers(taken: StackTrace, now: StackTrace) -> StackTrace:
    """Return where a lock was taken, with the callers of now if all known steps are hidden: Queue.put, and below it."""
    files = [step.file for step in taken.steps]  # no generator: an exception that comes in one is printed
    if not files or not all(map(is_hidden, files)):
        return taken
    at = now.from_function(taken.steps[-1])
    return StackTrace((*taken.steps, *now.steps[at + 1 :])) if at >= 0 else taken


def guess(chain: Chain, now: StackTrace) -> StackTrace:
    """Return where a lock was first taken along this chain, for the pure build, which keeps no other place.

    Callers are shown if the same function is still on the stack: they are the callers of now.
    """
    first = chain.first or []
    for index, step in enumerate(first):
        if not is_hidden(step.file):
            at = now.from_function(step)
            return StackTrace((*first[: index + 1], *(now.steps[at + 1 :] if at >= 0 else ())))
    return NO_STACK


def held_by(thread: ThreadState, now: StackTrace, *, ended: bool = False) -> tuple[HeldLock, ...]:
    """Return the locks of another thread, outermost first. `now` is the stack on which it stood a moment ago.

    A unit of a semaphore that it waits for is left out, though it counts as held.
    """
    held = thread.held()
    wait = fastpath.wait_of(thread.serial)
    wanted = None if wait is None or wait.lock is not None else wanted_lock(wait)
    if wanted is not None and held and held[-1][1] == wanted.serial:
        held = held[:-1]
    return tuple(
        HeldLock(step.entry.lock_class, serial, place_in(thread, step, now, ended=ended), step.entry.mode)
        for step, serial in held
    )


def place_in(thread: ThreadState, step: Chain, now: StackTrace, *, ended: bool) -> StackTrace:
    """Return where another thread took its lock at the end of `step`."""
    kept = thread.kept_steps(step.depth) if ended or CODE_STAYS else None
    if kept is not None:
        return with_callers(seen_stack(kept, len(kept)), now)
    for index, frame in enumerate(now.steps):
        code = frame.source()
        lasti = -1 if code is None else thread.lasti_in(code, step.depth)
        if code is not None and lasti >= 0:
            return StackTrace((step_of(code, lasti), *now.steps[index + 1 :]))
    return guess(step, now) if PURE else NO_STACK


def name_by_serial(serial: int) -> str:
    """Return the name of the thread with this serial, which may have ended."""
    thread = fastpath.find_thread(serial)
    return "an ended thread" if thread is None else thread_name(thread)


def waiter_name(wait: Wait) -> str:
    """Return the name of a thread that waits."""
    return name_by_serial(wait.thread)


def thread_name(thread: ThreadState | None = None) -> str:
    """Return the name of a thread, by default the running one. A worker without one is named after its pool.

    Makes no Thread object for a thread that threading does not know: that would take locks.
    """
    thread = fastpath.thread_state() if thread is None else thread
    known = _active.get(thread.ident)
    record = thread.known_record()
    if known is None:
        return record.label() if record is not None else "unnamed thread"
    name = str(known._name)  # type: ignore[attr-defined]
    pool = record.origin.pool if isinstance(record, Run) else None
    if pool is not None and pool.made is not None:
        return worker_name(name, pool.made)
    return with_target(name, getattr(known, "_target", None))


def with_target(name: str, target: object) -> str:
    """Return the name of a thread; if it runs compiled code, which has no calls to show, with the name of that.

    threading does the same for a thread that was given no name.
    """
    target = getattr(target, "__func__", target) if type(target) is MethodType else target
    if type(target) not in COMPILED and type(target).__name__ != CYTHON and not is_static_type(target):
        return name
    run = f" ({target.__name__})"  # type: ignore[attr-defined]
    return name if name.endswith(run) else name + run


def is_static_type(target: object) -> bool:
    """Return whether this is a class that is not made in Python, such as `list`."""
    return type(target) is type and not target.__flags__ & HEAP_TYPE


@lru_cache(maxsize=256)  # asked for at each signal
def worker_name(name: str, made: Step) -> str:
    """Return `worker 0 [pool:app.py:7]` for a name that the standard library has made up: those say nothing."""
    found = MADE_UP.fullmatch(name)
    return name if found is None else f"worker {found.group(1)} [pool:{place_name(made)}]"
