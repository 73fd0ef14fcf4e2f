"""Which locks each thread holds, in the kernel's words (kernel: debug_show_all_locks), and a hung thread among them.

No lock is taken and the program goes on, so what runs may show something of two moments. Cost: as that of waiting().
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lockdep import fastpath, trace
from lockdep.graph.classes import LockClass
from lockdep.graph.usage_table import UsageTable
from lockdep.trace import StackTrace
from lockdep.violations.where import HeldLock
from lockdep.vocabulary.usage import characters, used_states
from lockdep.waits.held import held_by
from lockdep.waits.waiting import DEPTH, Waiting, is_helper, living, trace_place

TITLE = "Showing all locks held in the system:"
RULE = "=" * 45
OFF = "INFO: lockdep is turned off."


class Holder(NamedTuple):
    """A thread, and the locks that it holds, outermost first."""

    name: str
    held: tuple[HeldLock, ...]


def holders() -> Iterator[Holder]:
    """Yield each thread that holds locks."""
    frames = {ident: stack for ident, stack in fastpath.standing().items() if not is_helper(stack)}
    for ident, name, state in living(frames, fastpath.waits()):
        if state is not None and state.held():  # not its chain, which it may be leaving and freeing now
            now: StackTrace = trace.standing_stack(frames.get(ident), DEPTH)
            held = held_by(state, now)
            if held:
                yield Holder(name, held)


def render_all_locks(usage: UsageTable) -> str:
    """Return the locks that all threads hold. `usage` has the usage bits of the classes."""
    me = fastpath.thread_state()
    me.busy += 1
    try:
        lines = [line for holder in holders() for line in lines_of(holder, usage)]
    finally:
        me.busy -= 1
    return "\n".join(["", TITLE, *lines, "", RULE, "", ""])


def lines_of(holder: Holder, usage: UsageTable) -> list[str]:
    """Return the lines about one thread."""
    count = len(holder.held)
    head = f"{count} lock{'s' if count > 1 else ''} held by {holder.name}:"
    return [head, *(f" #{number}: {lock_text(lock, usage)}" for number, lock in enumerate(holder.held))]


def lock_text(lock: HeldLock, usage: UsageTable) -> str:
    """Return a held lock as the kernel prints it, and where it was taken."""
    place = trace_place(lock.stack) or "an unknown place"
    return f"{class_text(lock.lock_class, usage)}, at: {place}"


def class_text(lock_class: LockClass, usage: UsageTable) -> str:
    """Return a class with usage and wait types: `(name){+.+.}-{4:4}`."""
    used = characters(usage.mask(lock_class), used_states(usage.masks()))
    return f"({lock_class.name}){{{used}}}-{{{lock_class.waits}}}"


def render_hung(name: str, seconds: float, picture: Waiting, usage: UsageTable) -> str:
    """Return the report of a thread that has waited for more than so many seconds (kernel: check_hung_task).

    After the kernel's lines come the picture of who waits for whom, and all locks that are held.
    """
    lines = [f"INFO: thread {name} blocked for more than {seconds} seconds."]
    hung = next((thread for thread in picture.threads if thread.name == name and thread.waits is not None), None)
    if hung is not None and hung.waits is not None:
        lines += [f"thread:{name}  state:D  waits for:{hung.waits.what}", "Call Trace:"]
        for frame in hung.stack:
            lines += [f"      {frame.file}:{frame.line} in {frame.function}", f"        {frame.source}"]
        lines.append("")
    return "\n".join([*lines, str(picture)]) + render_all_locks(usage)
