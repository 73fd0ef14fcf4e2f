"""Where all threads stand is what their own frames say, and asking for it disturbs nobody."""

from __future__ import annotations

import sys
import threading
import time
from types import CodeType

from lockdep import fastpath
from tests.patience import THREAD_LIMIT

GO = threading.Event()


def descend(depth: int, standing: threading.Event) -> None:
    """Wait at the end of so many calls."""
    if depth:
        descend(depth - 1, standing)
    else:
        standing.set()
        GO.wait(THREAD_LIMIT)


def test_threads_that_wait_stand_where_their_frames_say() -> None:
    GO.clear()
    threads = []
    for depth in range(5):
        standing = threading.Event()
        threads.append(threading.Thread(target=descend, args=(depth, standing)))
        threads[-1].start()
        standing.wait(THREAD_LIMIT)
    idents = [thread.ident for thread in threads if thread.ident is not None]
    while not all(awaits(ident) for ident in idents):
        time.sleep(0.001)

    seen = fastpath.standing()
    assert [list(seen[ident]) for ident in idents] == [steps_of(ident) for ident in idents]
    assert threading.get_ident() in seen

    GO.set()
    for thread in threads:
        thread.join()
    assert not fastpath.standing().keys() & {*idents}


def awaits(ident: int) -> bool:
    """Return whether a thread has come to the innermost call of its wait."""
    return steps_of(ident)[0][0].co_name == "wait" and steps_of(ident)[1][0].co_name == "wait"


def steps_of(ident: int) -> list[tuple[CodeType, int]]:
    frame = sys._current_frames()[ident]
    steps = [(frame.f_code, frame.f_lasti)]
    while frame.f_back is not None:
        frame = frame.f_back
        steps.append((frame.f_code, frame.f_lasti))
    return steps


def test_a_thread_that_calls_and_returns_all_the_time_can_be_looked_at() -> None:
    done = threading.Event()

    def call(depth: int) -> int:
        return call(depth - 1) if depth else 0

    def work() -> None:
        while not done.is_set():
            call(30)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(300):
        for frames in fastpath.standing().values():
            assert all(isinstance(code, CodeType) and lasti >= -1 for code, lasti in frames)
    done.set()
    for thread in threads:
        thread.join()
