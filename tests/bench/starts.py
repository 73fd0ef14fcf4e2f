"""What many starts and joins leave behind. By hand: a million of each take minutes.

    python -m tests.bench.starts [--count 1000000]

Each thread takes a lock under another one. It is started and joined under a third lock, which guards it meanwhile, so
that clocks, loans and witnesses are made. The resident size is read after a tenth of them, and at the end.
"""

from __future__ import annotations

import argparse
import threading

import lockdep
from lockdep import patch
from tests.bench.memory import resident
from tests.bench.table import Row, render_heading, render_rows

COUNT = 1_000_000


def start_and_join(count: int) -> None:
    """Start and join so many threads, one after the other."""
    outer, inner, starter = threading.Lock(), threading.Lock(), threading.Lock()

    def work() -> None:
        with outer, inner:
            pass

    for _ in range(count):
        thread = threading.Thread(target=work)
        with starter:
            thread.start()
            thread.join()


def bytes_left(count: int) -> float:
    """Return the bytes that each start and join leaves behind, after the first tenth of them."""
    first = count // 10
    start_and_join(first)
    before = resident()
    start_and_join(count - first)
    return (resident() - before) / (count - first)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.starts", description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT)
    count = parser.parse_args().count
    with lockdep.use(lockdep.Validator()) as validator:
        patch.install()
        try:
            left = bytes_left(count)
        finally:
            patch.uninstall()
    note = f"{count} threads" + ("; NOT COMPARABLE: something failed" if validator.failures else "")
    print(render_heading())
    for line in render_rows([Row("start and join, bytes that are left", left, "B", 1, note)]):
        print(line)


if __name__ == "__main__":
    main()
