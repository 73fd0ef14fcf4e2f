"""A lock that the garbage collector ends while it is held: joins, the exit status and reports go on as before."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.worlds import program

LATCH = """
import gc, threading
class Latch:
    def __init__(self, lock):
        self.me = self
        self.lock = lock
        lock.acquire()
class Derived(type(threading.RLock())):
    pass
a, b = threading.Lock(), threading.Lock()
def nest(outer, inner):
    with outer, inner:
        pass
nest(a, b)
nest(ORDER)
for make in (threading.Lock, threading.RLock, Derived):
    Latch(make())
gc.collect()
thread = threading.Thread(target=nest, args=(a, b))
thread.start()
thread.join()
print("joined")
"""


@pytest.mark.parametrize("pure", ["0", "1"])
@pytest.mark.parametrize(("order", "status"), [("a, b", 0), ("b, a", 66)])
def test_a_held_lock_in_a_garbage_cycle_changes_nothing(tmp_path: Path, order: str, status: int, pure: str) -> None:
    done = program(tmp_path, LATCH.replace("ORDER", order), LOCKDEP_PURE=pure)

    assert done.stdout == "joined\n", done.stderr
    assert done.returncode == status
    assert "failed internally" not in done.stderr
