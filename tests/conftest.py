"""Checks around every test that nothing of lockdep is left behind in the process: held locks, patches, callbacks."""

import gc
import itertools
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from lockdep import fastpath
from lockdep.contexts import engine
from lockdep.fastpath import BUILD
from tests.leftovers import drop_held, in_place

# Folders with tests of what is made of that which the fast path, the contexts and the waits have seen. That is Python
# code in which nothing differs from one version to the next, and most of these tests start programs.
ANY_VERSION = {"graph", "museum", "reports", "selftest", "snapshots", "store", "violations", "vocabulary"}
ENDS = {"cli", "examples", "live", "processes", "pytest_plugin", "splats"}  # but these show what Python itself says
ANY_BUILD = {"cli", "pytest_plugin"}
FOLDERS = {"any_version": ANY_VERSION, "ends": ENDS, "any_build": ANY_BUILD}
FROZEN_AFTER = 50  # tests
_ended = itertools.count(1)
# By these, pytest and lockdep write otherwise. The tests of that set them.
ELSEWHERE = ("CI", "BUILD_NUMBER", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "NO_COLOR", "FORCE_COLOR", "PY_COLORS")

# The examples of a test are the same in each run, and it may take its time: a busy machine is no fault.
settings.register_profile("steady", derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile("steady")


@pytest.fixture(scope="session")
def at_start() -> dict[str, object]:
    return in_place()


@pytest.fixture(autouse=True)
def nothing_is_left(at_start: dict[str, object]) -> Iterator[None]:
    engine.forget()  # in a context that another test has made, what is new is judged at once
    check_nothing_is_left(at_start, "before the test")
    yield
    check_nothing_is_left(at_start, "after the test")


def check_nothing_is_left(at_start: dict[str, object], when: str) -> None:
    held = drop_held()  # dropped, so that the tests that follow are not blamed too
    assert not held, f"{when}, this thread holds the locks with the serials {held}"
    now = in_place()
    changed = sorted(name for name in at_start.keys() | now.keys() if at_start.get(name) != now.get(name))
    at_start.clear()
    at_start.update(now)  # the tests that follow are not blamed for it
    assert not changed, f"{when}, not as it was: {', '.join(changed)}"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not import the tests of a folder whose mark is not wanted at all."""
    words = re.split(r"\s+and\s+", config.option.markexpr)
    unwanted = [folders for mark, folders in FOLDERS.items() if f"not {mark}" in words]
    return True if any(collection_path.name in folders for folders in unwanted) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that start programs on both builds: a parameter `pure` says on which. Mark whole folders, too."""
    for item in items:
        for mark, folders in FOLDERS.items():
            if item.path.parent.name in folders:
                item.add_marker(mark)
        if isinstance(item, pytest.Function) and hasattr(item, "callspec") and "pure" in item.callspec.params:
            item.add_marker("any_build")
            if item.callspec.params["pure"] == "1":
                item.add_marker("pure_build")
    items.sort(key=lambda item: item.get_closest_marker("network") is None)  # the longest ones first


def pytest_collection_finish() -> None:
    # hypothesis looks for the references to what it makes at its first run, and finds none among what is frozen.
    given(strategies.none())(lambda _nothing: None)()
    freeze()


def pytest_runtest_logfinish() -> None:
    if next(_ended) % FROZEN_AFTER == 0:
        freeze()


def freeze() -> None:
    """Leave what is there out of the garbage collections to come: tests ask for some thousand of them."""
    gc.collect()
    gc.freeze()


def pytest_sessionstart() -> None:
    check_build_is_current()
    for name in ELSEWHERE:
        os.environ.pop(name, None)
    # Started in the background by a shell, or by nohup: the programs of the tests would inherit that, and miss signals.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


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
