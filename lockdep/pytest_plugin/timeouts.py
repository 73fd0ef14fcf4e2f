"""pytest-timeout: when it shows the stacks of all threads, who waits for whom is shown with them.

It has no hook at that moment, so its function that writes the stacks is replaced while lockdep is on.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

from lockdep.live.dumping import write_all
from lockdep.waits.waiting import waiting

TITLE = "lockdep: who waits for whom"
Show = Callable[[Any], None]


def after_stacks(show: Show) -> Callable[[], None]:
    """Call `show(terminal)` whenever pytest-timeout has written the stacks; return a function that ends this."""
    module: Any = sys.modules.get("pytest_timeout")
    original: Show | None = getattr(module, "dump_stacks", None)
    if original is None:
        return lambda: None

    def dump_stacks(terminal: Any) -> None:
        original(terminal)
        show(terminal)

    module.dump_stacks = dump_stacks
    return lambda: setattr(module, "dump_stacks", original)


def show_waits(terminal: Any, item: pytest.Item | None, when: str, descriptor: int) -> None:
    """Show who waits for whom at the time-out of a test.

    If pytest-timeout fails the test, in the main thread, that is a section of its report. If it ends the process, there
    is no report: it is written to the terminal, or to `descriptor` in a worker of xdist, whose terminal nobody reads.
    """
    text = str(waiting())
    if item is not None and threading.current_thread() is threading.main_thread():
        item.add_report_section(when, TITLE, text)
    elif item is not None and hasattr(item.config, "workerinput"):
        write_all(descriptor, f"{TITLE}\n{text}".encode("utf-8", "backslashreplace"))
    else:
        terminal.sep("~", title=TITLE)
        terminal.write(text)
