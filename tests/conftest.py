"""Checks around every test that nothing of lockdep is left behind in the process: held locks, patches, callbacks."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from lockdep import fastpath
from lockdep.fastpath import BUILD
from tests.leftovers import drop_held, in_place


@pytest.fixture(scope="session")
def at_start() -> dict[str, object]:
    return in_place()


@pytest.fixture(autouse=True)
def nothing_is_left(at_start: dict[str, object]) -> Iterator[None]:
    check_nothing_is_left(at_start, "before the test")
    yield
    check_nothing_is_left(at_start, "after the test")


def check_nothing_is_left(at_start: dict[str, object], when: str) -> None:
    held = drop_held()  # dropped, so that the tests that follow are not blamed too
    assert not held, f"{when}, this thread holds the locks with the serials {held}"
    now = in_place()
    changed = sorted(name for name in at_start.keys() | now.keys() if at_start.get(name) != now.get(name))
    assert not changed, f"{when}, not as it was: {', '.join(changed)}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that start programs on both builds: a parameter `pure` says on which."""
    for item in items:
        if isinstance(item, pytest.Function) and hasattr(item, "callspec") and "pure" in item.callspec.params:
            item.add_marker("any_build")


def pytest_sessionstart() -> None:
    check_build_is_current()
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # Started in the background by a shell: the programs of the tests would inherit that, and miss their interrupts.
        signal.signal(signal.SIGINT, signal.default_int_handler)


def check_build_is_current() -> None:
    """Refuse a compiled build that is older than its source: the tests would run another program than the sources."""
    if BUILD == "pure":
        return
    for module in fastpath.MODULES:
        built = Path(str(module.__file__))
        sources = [*built.parent.glob("*.pxd"), *built.parent.glob("*.h")]
        sources += [path for path in [built.with_name(built.name.split(".")[0] + ".py")] if path.exists()]
        if any(source.stat().st_mtime > built.stat().st_mtime for source in sources):
            raise pytest.UsageError(f"{built.name} is older than its source: build it again (pip install -e .)")


def pytest_report_header() -> str:
    return f"lockdep: {BUILD} build"
