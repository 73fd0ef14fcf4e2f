"""The pytest plugin: its options, its marker and its fixture. What happens during a run is in session.py.

By default the plugin is off. Then it costs the import of this module, which imports nothing but pytest, and prints
nothing. If it is on, locks are tracked before conftest files are loaded. Plugins that import the code under test may be
loaded earlier, unless addopts contains `-p lockdep.pytest_plugin`.

@pytest.mark.lockdep(fail_on="certain", allow="circular: A -> B  # why") works without the switch as well: lockdep is
then installed for that test only. It sees the locks that the test and its function-scoped fixtures create, and the
module-level locks. It does not see locks that are attributes of objects from before the test, nor what other tests did.

With xdist, each worker tracks its own locks. The controller tracks nothing, and prints what the workers reported.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from lockdep.config import Options
    from lockdep.pytest_plugin.session import LockdepSession
    from lockdep.snapshots.records import FindingRecord
    from lockdep.violations.finding import Finding

NAME = "lockdep"
MARKER = (
    "lockdep(fail_on=None, allow=()): validate the locks of this test even without --lockdep; fail_on is the weakest "
    'grade that fails it, allow names findings that do not ("circular: A -> B  # why", or a list of such entries).'
)
STORED_AS = {
    "project": "project (default: the name of the root folder)",
    "version": "version of the project (default: none)",
    "host": "host (default: the name of this one)",
}
SESSION: pytest.StashKey[LockdepSession] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the options. If the plugin was loaded by -p already, its entry point must not load it again."""
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
        "--lockdep-gc",
        action="store_true",
        help="collect garbage often, and after each test, so that finalizers run where they can; implies --lockdep",
    )
    group.addoption(
        "--lockdep-exitcode",
        type=int,
        default=1,
        metavar="N",
        help="exit status in place of 0 when there are findings that failed no test: at import, or between tests (1)",
    )
    add_file_options(group)
    group.addoption(
        "--lockdep-style",
        choices=("short", "kernel", "auto"),
        help="how findings are shown, as --style of `lockdep run`",
    )
    group.addoption(
        "--lockdep-frames", choices=("user", "all"), help="whose calls are shown: those of the program, or all"
    )
    parser.addini("lockdep", "track locks in every run, as --lockdep does", type="bool", default=False)
    parser.addini(
        "lockdep_fail_on",
        "weakest grade of a finding that fails a test: certain, feasible, potential or stall",
        default="",
    )


def add_file_options(group: pytest.OptionGroup) -> None:
    """Add the options about files that are read or written; see outputs.py."""
    group.addoption(
        "--lockdep-baseline",
        metavar="FILE",
        help="findings in this file are known and fail no test; see `lockdep baseline`",
    )
    group.addoption(
        "--lockdep-update-baseline",
        action="store_true",
        help="write all findings to the file of --lockdep-baseline at the end, and fail no test for them",
    )
    group.addoption(
        "--lockdep-report",
        action="append",
        default=[],
        metavar="FORMAT:PATH",
        help="at the end, write a report to PATH, in a format of `lockdep report`; may be repeated",
    )
    group.addoption("--lockdep-snapshot", metavar="PATH", help="at the end, write a file for `lockdep report`")
    group.addoption("--lockdep-store", metavar="URL", help="at the end, put what was seen into this store")
    for name, what in STORED_AS.items():
        group.addoption(f"--lockdep-{name}", metavar="TEXT", help=f"in the store, the {what}")


class Hooks:
    """Hooks of the plugin, for conftest files and other plugins."""

    def pytest_lockdep_finding(self, finding: Finding | FindingRecord, item: pytest.Item | None) -> None:
        """Be told of a finding, once, in the process that made it.

        `item` is the test that runs at that time, None outside of tests. A finding of a child process, or of several
        processes together, is a FindingRecord; both have `slug`, `title`, `grade`, `level`, `id`, `classes` and
        `to_dict()`.
        """


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the hook that is told of each finding."""
    if not hasattr(pluginmanager.hook, "pytest_lockdep_finding"):
        pluginmanager.add_hookspecs(Hooks)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Install before any conftest file is imported. Whether this is xdist's controller is a guess so early."""
    given = early_config.known_args_namespace
    distributes = bool(getattr(given, "numprocesses", None)) or getattr(given, "dist", "no") != "no"
    if is_wanted(early_config, given) and ("PYTEST_XDIST_WORKER" in os.environ or not distributes):
        start(early_config)


def pytest_configure(config: pytest.Config) -> None:
    """Start if no earlier hook could, as for a plugin named in conftest.py. Stop if this is xdist's controller."""
    config.addinivalue_line("markers", MARKER)
    if any(getattr(config.option, f"lockdep_{name}") for name in ("report", "snapshot", "store", *STORED_AS)):
        from lockdep.pytest_plugin.outputs import prepare

        prepare(config)
    if is_controller(config):
        stop(config)
    elif is_wanted(config, config.option):
        start(config)
    session = session_of(config)
    if session is not None:
        take_part(config, session)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """If the switch is off and some tests are marked, take part for these tests."""
    off = session_of(config) is None and config.option.lockdep is not False
    if off and any(item.get_closest_marker(NAME) is not None for item in items):
        session = make_session(config, marked_only=True)
        if session.options.enabled:
            config.stash[SESSION] = session
            take_part(config, session)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Pass the output of a worker that has ended to the controller. A worker that crashed has none."""
    output = (getattr(node, "workeroutput", None) or {}).get(NAME)
    if output is not None:
        from lockdep.pytest_plugin.summary import Controller

        Controller.of(node.config).add(node.gateway.id, output)


@pytest.fixture(name="lockdep")
def lockdep_fixture(request: pytest.FixtureRequest) -> TestView:
    """Give a test its view: `active`, `options`, and `findings()`, which were made while the test runs."""
    return TestView(request.node.nodeid, session_of(request.config))


class TestView:
    """The value of the fixture `lockdep`."""

    __test__ = False

    def __init__(self, nodeid: str, session: LockdepSession | None) -> None:
        self._nodeid = nodeid
        self._session = session

    @property
    def active(self) -> bool:
        """Whether locks are tracked while this test runs."""
        return self._session is not None and self._session.active

    @property
    def options(self) -> Options:
        """The options of this run, or the defaults if lockdep is off."""
        from lockdep.config import Options

        return Options() if self._session is None else self._session.options

    def findings(self) -> tuple[Finding | FindingRecord, ...]:
        """Return the findings made so far while this test runs, without the suppressed ones."""
        return () if self._session is None else self._session.so_far(self._nodeid)


def is_wanted(config: pytest.Config, given: Any) -> bool:
    """Return whether lockdep is switched on, by a command-line option or else by the ini file."""
    implied = given.lockdep_stat or given.lockdep_gc or config.getini("lockdep")
    return bool(implied if given.lockdep is None else given.lockdep)


def is_controller(config: pytest.Config) -> bool:
    """Return whether this process is xdist's controller, which runs no tests itself."""
    return config.getoption("dist", "no") != "no" and not hasattr(config, "workerinput")


def start(config: pytest.Config) -> None:
    """Install lockdep, unless it was installed already or the options disable it."""
    if session_of(config) is None:
        session = make_session(config)
        if session.options.enabled:
            config.stash[SESSION] = session
            session.start()


def make_session(config: pytest.Config, *, marked_only: bool = False) -> LockdepSession:
    """Read the options and make the session. A mistake in the options is a usage error of one line."""
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
    """Return the session of this pytest run, or None if lockdep is off."""
    return config.stash.get(SESSION, None)
