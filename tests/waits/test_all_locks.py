"""All locks that are held, in the kernel's words, and the report of a thread that waits for long."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import pytest

import lockdep
from lockdep import runtime
from lockdep.threading import Lock
from lockdep.waits.all_locks import OFF, RULE, TITLE, render_all_locks
from tests.waits.scenes import play
from tests.worlds import world

pytestmark = pytest.mark.scenes

PURE = pytest.mark.parametrize("pure", ["0", "1"])


def shown() -> str:
    return render_all_locks(runtime.validator().rules.usage)


def test_the_locks_of_all_threads_are_listed_outermost_first() -> None:
    with world():
        outer, inner, ready, leave = Lock(), Lock(), threading.Event(), threading.Event()

        def hold() -> None:
            with outer, inner:
                ready.set()
                leave.wait()

        thread = threading.Thread(target=hold, name="holder")
        thread.start()
        ready.wait()
        text = shown()
        leave.set()
        thread.join()

    lines = text.splitlines()
    assert lines[:2] == ["", TITLE]
    assert lines[-2] == RULE
    at = lines.index("2 locks held by holder:")
    for number, name in enumerate(("outer", "inner")):
        line = rf" #{number}: \(\S+:\d+ {name}\){{[-+.?]+}}-{{4:4}}, at: \S+:\d+ \S*hold"
        assert re.fullmatch(line, lines[at + 1 + number]), lines


def test_a_thread_that_holds_nothing_is_not_listed() -> None:
    with world():
        with Lock():
            pass
        text = shown()

    assert "held by" not in text
    assert TITLE in text


def test_it_is_written_where_reports_go(tmp_path: Path) -> None:
    path = tmp_path / "reports"
    with path.open("wb") as stream, world():
        runtime.report_to(stream.fileno())
        with Lock():
            lockdep.show_all_locks()
        with lockdep.use(lockdep.Validator(lockdep.Options(enabled=False))):
            lockdep.show_all_locks()
        runtime.report_to(None)

    text = path.read_text()
    assert "1 lock held by MainThread:" in text
    assert text.endswith(OFF + "\n")


LONG = """
import time
lock, holds = threading.Lock(), threading.Event()

def holder():
    with lock:
        holds.set()
        time.sleep(SECONDS)

def waiter():
    holds.wait()
    with lock:
        pass

run(holder, waiter)
"""


@PURE
@pytest.mark.parametrize(("seconds", "said"), [("2.5", 1), ("0.2", 0)])
def test_a_thread_that_waits_for_long_is_told_with_its_trace_and_all_locks(
    tmp_path: Path, seconds: str, said: int, pure: str
) -> None:
    done = play(tmp_path, LONG.replace("SECONDS", seconds), pure, hang_after="1")

    assert done.stderr.count("INFO: thread ") == said
    assert done.stderr.count(TITLE) == said
    assert done.stderr.count("1 lock held by holder:") == said
    assert done.stderr.count("  state:D  waits for:") == said
    assert done.stderr.count("Call Trace:") == said
