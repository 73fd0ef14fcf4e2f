"""A work item that waits for a later one of its own pool is reported: an error if all workers can do it at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.waits.scenes import play

pytestmark = pytest.mark.scenes

PURE = pytest.mark.parametrize("pure", ["0", "1"])

END = """
import lockdep
print([(one.slug, one.grade) for one in lockdep.findings()])
"""

ONE = """
import time

def inner():
    time.sleep(0.3)
    return 1

def outer():
    return pool.submit(inner).result()

with ThreadPoolExecutor(2) as pool:
    print(pool.submit(outer).result())
"""

# The second one comes when the first has ended, though nothing in the program says so.
TWO = ONE.replace(
    "    print(pool.submit(outer).result())",
    """
    first = pool.submit(outer)
    time.sleep(0.8)
    second = pool.submit(outer)
    print(first.result() * second.result())""",
)

IN_ORDER = ONE.replace(
    "    print(pool.submit(outer).result())",
    """
    first = pool.submit(outer).result()
    print(first * pool.submit(outer).result())""",
)

TIMED = ONE.replace("result()\n\nwith", "result(20)\n\nwith")

OTHER_POOL = ONE.replace("return pool.submit", "return other.submit").replace(
    "with", "other = ThreadPoolExecutor(1)\nwith"
)

EARLIER = """
with ThreadPoolExecutor(2) as pool:
    def outer():
        return first.result()
    goes = threading.Event()
    first = pool.submit(goes.wait)
    second = pool.submit(outer)
    threading.Timer(0.2, goes.set).start()
    print(int(second.result()))
"""

DONE = ONE.replace(
    "    return pool.submit(inner).result()",
    """
    future = pool.submit(inner)
    time.sleep(0.8)
    return future.result()""",
)

POLLED = ONE.replace(
    "    return pool.submit(inner).result()",
    """
    future = pool.submit(inner)
    while not future.done():
        time.sleep(0.05)
    return future.result()""",
)

CALLED_BACK = ONE.replace(
    "    return pool.submit(inner).result()",
    """
    results = []
    pool.submit(inner).add_done_callback(lambda future: results.append(future.result()))
    while not results:
        time.sleep(0.05)
    return results[0]""",
)

AT_ONCE = ONE.replace(
    "    return pool.submit(inner).result()",
    """
    import concurrent.futures
    done, _ = concurrent.futures.wait([pool.submit(inner)])
    return done.pop().result()""",
)
COMPLETED = AT_ONCE.replace(
    "done, _ = concurrent.futures.wait(", "done = set(concurrent.futures.as_completed("
).replace("(inner)])", "(inner)]))")

# The thread pool of multiprocessing.
APPLIED = ONE.replace("pool.submit(inner).result()", "pool.apply(inner)").replace(
    "with ThreadPoolExecutor(2) as pool:\n    print(pool.submit(outer).result())",
    "from multiprocessing.pool import ThreadPool\nwith ThreadPool(2) as pool:\n    print(pool.apply(outer))",
)
NEXT_ONE = APPLIED.replace("pool.apply(inner)", "next(pool.imap(lambda _: inner(), [1]))")
NEXT_TIMED = APPLIED.replace("pool.apply(inner)", "pool.imap(lambda _: inner(), [1]).next(20)")

CASES = {
    "apply": (APPLIED, [("pool", "unmatched")]),
    "apply of an item of another pool": (
        APPLIED.replace("ThreadPool(2)", "ThreadPool(1)")
        .replace("pool.apply(inner)", "other.apply(inner)")
        .replace("\nwith", "\nother = ThreadPool(1)\nwith"),
        [],
    ),
    "next of imap": (NEXT_ONE, [("pool", "unmatched")]),
    "next of imap, with a timeout": (NEXT_TIMED, [("pool", "stall")]),
    "wait": (AT_ONCE, [("pool", "unmatched")]),
    "as_completed": (COMPLETED, [("pool", "unmatched")]),
    "wait with a timeout": (AT_ONCE.replace("(inner)])", "(inner)], 20)"), [("pool", "stall")]),
    "wait for items of another pool": (
        AT_ONCE.replace("wait([pool.submit", "wait([other.submit").replace(
            "with", "other = ThreadPoolExecutor(1)\nwith"
        ),
        [],
    ),
    "one item": (ONE, [("pool", "unmatched")]),
    "as many as there are workers": (TWO, [("pool", "potential")]),
    "one after the other": (IN_ORDER, [("pool", "unmatched")]),
    "with a timeout": (TIMED, [("pool", "stall")]),
    "an item of another pool": (OTHER_POOL, []),
    "an earlier item": (EARLIER, []),
    "an item that has ended meanwhile": (DONE, [("pool", "unmatched")]),
    "an item that is asked whether it has ended": (POLLED, []),
    "an item that calls back": (CALLED_BACK, []),
}


@PURE
@pytest.mark.parametrize("name", CASES)
def test_an_item_that_waits_for_a_later_one_of_its_pool(tmp_path: Path, name: str, pure: str) -> None:
    scene, findings = CASES[name]

    done = play(tmp_path, scene + END, pure)

    assert done.stdout == f"1\n{findings}\n", done.stderr
    assert done.returncode == (66 if ("pool", "potential") in findings else 0)
