"""Locks that compiled code takes, with no call of the program around it."""

from __future__ import annotations

import operator
from pathlib import Path

import pytest

from lockdep.waits.held import with_target
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


@pytest.mark.parametrize("style", ["short", "kernel"])
def test_a_thread_that_runs_compiled_code_is_told_with_its_target(tmp_path: Path, style: str) -> None:
    text = program(tmp_path, NATIVE.replace("PAIRS", "((a, b), (b, a))"), LOCKDEP_OPTIONS=f"style={style}").stderr

    assert text.count("native (list)") >= 2


def python_function() -> None: ...


@pytest.mark.parametrize(
    ("target", "name"),
    [
        (list, "one (list)"),
        ([].append, "one (append)"),
        ((1).__add__, "one (__add__)"),
        (operator.call, "one (call)"),
        (python_function, "one"),
        (Path.cwd, "one"),
        (Path, "one"),
        (lambda: None, "one"),
        (object(), "one"),
        (None, "one"),
    ],
)
def test_the_target_is_named_if_it_is_compiled_code(target: object, name: str) -> None:
    assert with_target("one", target) == name


def test_a_target_that_is_in_the_name_is_not_said_twice() -> None:
    assert with_target("Thread-1 (list)", list) == "Thread-1 (list)"
