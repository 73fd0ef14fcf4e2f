"""pytest's way to lockdep: --lockdep, two ini options, a marker, a fixture. What a run does is in session.py.

Off, which is the default, this costs the import of a module that imports nothing but pytest, and prints nothing. On,
locks are tracked before conftest files are loaded; plugins that import the code under test themselves may come earlier
still, unless `-p lockdep.pytest_plugin` stands in addopts.

@pytest.mark.lockdep(fail_on="certain", allow="circular: A -> B  # why") works without the switch, too: lockdep is then
installed for that test alone. It sees the locks that the test and its function-scoped fixtures make, and those that
modules keep in names of their own; it does not see locks that instances made before the test keep, nor what other tests
did.

With xdist each worker tracks its own locks; the controller tracks nothing and tells at the end what the workers said.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from lockdep.config import Options
    from lockdep.pytest_plugin.session import LockdepSession
    from lockdep.violations.finding import Finding

NAME = "lockdep"
MARKER = (
    "lockdep(fail_on=None, allow=()): validate the locks of this test even without --lockdep; fail_on is the weakest "
    'grade that fails it, allow names findings that do not ("circular: A -> B  # why", or a list of such entries).'
)
SESSION: pytest.StashKey[LockdepSession] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the options. Loaded by -p under its module's name, the plugin must not come again by its entry point."""
    if pluginmanager.has_plugin(__name__):
        pluginmanager.set_blocked(NAME)
    group = parser.getgroup(NAME, "lock validation")
    group.addoption(
        "--lockdep", action="store_true", default=None, help="track locks and fail tests that show a possible deadlock"
    )
    group.addoption(
        "--no-lockdep",
        dest="lockdep",
        action="store_false",
        default=None,
        help="track none, whatever ini and markers say",
    )
    group.addoption(
        "--lockdep-stat",
        action="store_true",
        help="time waits and holds, too, and print the most contended locks at the end; implies --lockdep",
    )
    group.addoption(
        "--lockdep-exitcode",
        type=int,
        default=1,
        metavar="N",
        help="exit status in place of 0 when there are findings that failed no test: at import, or between tests (1)",
    )
    parser.addini("lockdep", "track locks in every run, as --lockdep does", type="bool", default=False)
    parser.addini(
        "lockdep_fail_on",
        "weakest grade of a finding that fails a test: certain, feasible, potential or stall",
        default="",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Install before any conftest is imported. Whether this is xdist's controller can only be guessed so early."""
    given = early_config.known_args_namespace
    distributes = bool(getattr(given, "numprocesses", None)) or getattr(given, "dist", "no") != "no"
    if is_wanted(early_config, given) and ("PYTEST_XDIST_WORKER" in os.environ or not distributes):
        start(early_config)


def pytest_configure(config: pytest.Config) -> None:
    """Start where no earlier hook could (a plugin named in conftest.py), stop where this is xdist's controller."""
    config.addinivalue_line("markers", MARKER)
    if is_controller(config):
        stop(config)
    elif is_wanted(config, config.option):
        start(config)
    session = session_of(config)
    if session is not None:
        take_part(config, session)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without the switch: be there for the marked tests, if there are any."""
    off = session_of(config) is None and config.option.lockdep is not False
    if off and any(item.get_closest_marker(NAME) is not None for item in items):
        session = make_session(config, marked_only=True)
        if session.options.enabled:
            config.stash[SESSION] = session
            take_part(config, session)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker has ended. One that crashed has no output."""
    output = (getattr(node, "workeroutput", None) or {}).get(NAME)
    if output is not None:
        from lockdep.pytest_plugin.summary import Controller

        Controller.of(node.config).add(node.gateway.id, output)


@pytest.fixture(name="lockdep")
def lockdep_fixture(request: pytest.FixtureRequest) -> TestView:
    """What lockdep sees in this test: `active`, `options`, and `findings()`, those made so far while it runs."""
    return TestView(request.node.nodeid, session_of(request.config))


class TestView:
    """What the fixture `lockdep` gives."""

    __test__ = False

    def __init__(self, nodeid: str, session: LockdepSession | None) -> None:
        self._nodeid = nodeid
        self._session = session

    @property
    def active(self) -> bool:
        """Whether locks are tracked in this test."""
        return self._session is not None and self._session.active

    @property
    def options(self) -> Options:
        """The options of this run; the defaults when lockdep is off."""
        from lockdep.config import Options

        return Options() if self._session is None else self._session.options

    def findings(self) -> tuple[Finding, ...]:
        """Return what was found so far while this test ran, suppressed findings excepted."""
        return () if self._session is None else self._session.so_far(self._nodeid)


def is_wanted(config: pytest.Config, given: Any) -> bool:
    """Return what the switches say; if none was given, what the ini file says."""
    return bool(given.lockdep_stat or config.getini("lockdep") if given.lockdep is None else given.lockdep)


def is_controller(config: pytest.Config) -> bool:
    """Return whether this process only hands tests to xdist's workers."""
    return config.getoption("dist", "no") != "no" and not hasattr(config, "workerinput")


def start(config: pytest.Config) -> None:
    """Install, if the options do not say otherwise; once."""
    if session_of(config) is None:
        session = make_session(config)
        if session.options.enabled:
            config.stash[SESSION] = session
            session.start()


def make_session(config: pytest.Config, *, marked_only: bool = False) -> LockdepSession:
    """Read the options, which importing lockdep does as well; what is wrong with them is one line."""
    from lockdep.config import OptionError

    try:
        from lockdep.pytest_plugin.session import LockdepSession

        return LockdepSession(config, marked_only=marked_only)
    except (OptionError, ImportError) as error:  # ImportError: the compiled build is required and missing
        raise pytest.UsageError(f"lockdep: {error}") from None


def take_part(config: pytest.Config, session: LockdepSession) -> None:
    """Register the plugins that watch the tests and write the summary."""
    from lockdep.pytest_plugin.summary import Summary

    session.configured()
    config.pluginmanager.register(Summary(session), "lockdep-summary")


def stop(config: pytest.Config) -> None:
    """Undo `start`."""
    session = session_of(config)
    if session is not None:
        session.stop()
        del config.stash[SESSION]


def session_of(config: pytest.Config) -> LockdepSession | None:
    """Return what runs for this config, None when off."""
    return config.stash.get(SESSION, None)
