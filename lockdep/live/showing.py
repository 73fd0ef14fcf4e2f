"""Shows, where reports are written, which locks all threads hold now."""

from __future__ import annotations

from lockdep import runtime
from lockdep.waits.all_locks import OFF, render_all_locks


def show_all_locks() -> None:
    """Write the locks that each thread holds, where reports go, by default standard error (debug_show_all_locks).

    Any thread may call it at any time. `lockdep.waiting()` has the same as data, and who waits for them.
    """
    if runtime.is_active():
        runtime.write(render_all_locks(runtime.validator().rules.usage))
    else:
        runtime.write(OFF + "\n")
