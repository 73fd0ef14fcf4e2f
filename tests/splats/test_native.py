"""Locks that compiled code takes, with no call of the program around it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.worlds import program

NATIVE = """
import operator, threading
a = threading.Lock()
b = threading.Lock()

def thread(*locks):
    calls = [lock.acquire for lock in locks] + [lock.release for lock in reversed(locks)]
    return threading.Thread(target=list, args=(map(operator.call, calls),), name="native")

for order in PAIRS:
    one = thread(*order)
    one.start()
    one.join()
"""


@pytest.mark.parametrize("style", ["short", "kernel"])
def test_compiled_code_is_named_as_such(tmp_path: Path, style: str) -> None:
    source = NATIVE.replace("PAIRS", "((a, b), (b, a))")

    text = program(tmp_path, source, LOCKDEP_OPTIONS=f"style={style}").stderr

    assert text.count("(compiled code)") >= 2
    assert "_bootstrap" not in text


def test_one_order_of_compiled_code_is_silent(tmp_path: Path) -> None:
    done = program(tmp_path, NATIVE.replace("PAIRS", "((a, b), (a, b))"))

    assert " 0 errors, 0 warnings;" in done.stderr
