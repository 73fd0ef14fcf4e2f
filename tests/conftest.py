"""What holds around every test: it begins and ends with nothing of lockdep's left behind in the process."""

import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import pytest

import lockdep.threading  # noqa: F401 - puts a validator in force, which must not first happen within a test
from lockdep import fastpath, runtime
from lockdep.fastpath import BUILD

PATCHED = (threading, threading.Thread, Queue)


def in_place() -> dict[str, object]:
    """Return everything that a test may change for its time only."""
    names = {f"{owner.__name__}.{name}": value for owner in PATCHED for name, value in vars(owner).items()}
    return {
        **{name: value for name, value in names.items() if callable(value)},
        "callbacks for findings": tuple(runtime._callbacks),
        "stream of the reports": runtime._Process.stream,
        "validator in force": runtime.validator(),
    }


@pytest.fixture(scope="session")
def at_start() -> dict[str, object]:
    return in_place()


@pytest.fixture(autouse=True)
def nothing_is_left(at_start: dict[str, object]) -> Iterator[None]:
    check_nothing_is_left(at_start, "before the test")
    yield
    check_nothing_is_left(at_start, "after the test")


def check_nothing_is_left(at_start: dict[str, object], when: str) -> None:
    held = fastpath.thread_state().held()
    assert not held, f"{when}, this thread holds {held}"
    now = in_place()
    changed = sorted(name for name in at_start.keys() | now.keys() if at_start.get(name) != now.get(name))
    assert not changed, f"{when}, not as it was: {', '.join(changed)}"


def pytest_sessionstart() -> None:
    """Refuse a compiled build that is older than its source: it would be another program that is tested."""
    built = Path(str(fastpath.core.__file__))
    sources = (built.parent / "_fastpath.py", built.parent / "_fastpath.pxd")
    if BUILD == "compiled" and any(source.stat().st_mtime > built.stat().st_mtime for source in sources):
        raise pytest.UsageError(f"{built.name} is older than its source: build it again (pip install -e .)")


def pytest_report_header() -> str:
    return f"lockdep: {BUILD} build"
