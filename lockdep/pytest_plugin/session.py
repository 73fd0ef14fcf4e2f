"""A pytest run with lockdep on: it collects findings and fails the tests during which they were made.

A finding belongs to the place where the run was when the finding was made, no matter which thread made it. If that was
a phase of a test (setup, call, teardown), the finding is a section in the report of that phase. If its grade is fail_on
or stronger, the phase fails with LockInversion after the test's own code has run, so a failure of the test itself is
never replaced. Every other finding (at import, during collection, between tests, in a test that was skipped or run
again) fails the session at its end. A run with such a finding never exits with 0.

What child processes of a test find counts as found by the test, if they wrote it before it ended (see children.py).

Limits: each finding is made once, so only the first test that shows it fails, and if that test allows it, later tests
allow it too. A finding of a thread that outlives its test is charged to the test that runs at that time. Cost for each
test: some microseconds, and one walk over the known dependencies.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import os
import threading
from collections import deque
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from lockdep import fastpath, lock_stat, patch, runtime
from lockdep.config import OptionError, Options, load_options
from lockdep.pytest_plugin.outputs import baseline_of, given, updates
from lockdep.pytest_plugin.records import FirstSeen, Place, PlacedFinding, Policy, message
from lockdep.pytest_plugin.timeouts import after_stacks, show_waits
from lockdep.validator import validator
from lockdep.violations.finding import Finding, LockInversion

if TYPE_CHECKING:
    from lockdep.processes.merged import Whole
    from lockdep.pytest_plugin.children import Children
    from lockdep.snapshots.records import FindingRecord

OFTEN = (50, 5, 5)  # thresholds of the collector under --lockdep-gc
Wrapper = Generator[None, Any, Any]


class TimeoutSettings(Protocol):
    """The field of pytest-timeout's settings that is used here."""

    method: str


class LockdepSession:
    """The plugin that is registered while lockdep is on, for all tests or only for the marked ones."""

    def __init__(self, config: pytest.Config, *, marked_only: bool = False) -> None:
        self.config = config
        self.marked_only = marked_only
        self.collects: bool = is_given(config, "lockdep_gc")
        self.options: Options = options_for(config)
        self.updates: bool = updates(config)  # the baseline: then no finding fails a test
        self.records: list[PlacedFinding] = []
        self.place: Place = Place("", "while pytest was starting")
        self._policy = Policy(self.options)
        self._inbox: deque[tuple[Finding, Place]] = deque()  # any thread adds to it: only append and popleft
        self.first_seen: FirstSeen = FirstSeen()
        self._undo = contextlib.ExitStack()
        self._terminal = -1
        self._item: pytest.Item | None = None  # the test that runs
        self._children: Children | None = None
        self.whole: Whole | None = None  # what all processes have seen, at the end of the run

    def start(self) -> None:
        """Track locks from now on."""
        self.config.add_cleanup(self.stop)  # runs even if the configuration fails
        self._install()

    def stop(self) -> None:
        """Undo `start`."""
        self._undo.close()

    def configured(self) -> None:
        """Register this plugin with pytest."""
        self._terminal = os.dup(2)  # pytest does not capture output at this moment
        self.config.add_cleanup(lambda: os.close(self._terminal))
        runtime.report_hangs_to(self._terminal)
        self.config.add_cleanup(lambda: runtime.report_hangs_to(None))
        self.config.add_cleanup(after_stacks(self._show_waits))
        self.config.pluginmanager.register(self, "lockdep-session")

    def _show_waits(self, terminal: Any) -> None:
        show_waits(terminal, self._item, self.place.when or "call", self._terminal)

    def _install(self) -> None:
        for module in (*fastpath.MODULES, validator):  # so that the traceback of a DeadlockError ends in the test
            vars(module)["__tracebackhide__"] = True
        before = runtime.validator() if patch.is_installed() else None
        patch.install(**{field.name: getattr(self.options, field.name) for field in dataclasses.fields(Options)})
        self._undo.callback(patch.uninstall if before is None else lambda: runtime.activate(before))
        self._undo.callback(runtime.on_finding(lambda found: self._inbox.append((found, self.place))))
        runtime.report_to(None)
        self._undo.callback(runtime.report_to, 2)
        self._record_children()
        if self.options.stat:
            self._undo.callback(lock_stat.stop)
        if self.collects:
            self._undo.callback(gc.set_threshold, *gc.get_threshold())
            gc.set_threshold(*OFTEN)

    def _record_children(self) -> None:
        """Record what child processes see, if the options say so."""
        if not self.options.children:
            return
        from lockdep.pytest_plugin.children import Children

        try:
            self._children = Children(self.options)
        except OSError as error:
            runtime.write_note(f"child processes are not recorded: {error}")
            return
        self._undo.callback(self._forget_children)

    def _forget_children(self) -> None:
        if self._children is not None:
            self._children.close()
        self._children = None

    @property
    def active(self) -> bool:
        """Return whether locks are tracked at this moment."""
        return patch.is_installed() and runtime.is_active()

    # Where the run is

    def pytest_report_header(self) -> str | None:
        """Add a line to pytest's header that says that lockdep is on."""
        return None if self.marked_only else f"lockdep: {fastpath.BUILD} build, fail_on={self.options.fail_on}"

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Wrapper:
        """Charge findings to the collection of this module or folder."""
        self.place = Place("", f"while collecting {collector.nodeid or 'the session'}")
        try:
            return (yield)
        finally:
            self._note()

    def pytest_collection_finish(self) -> None:
        """Adopt locks and replace names in the modules that were imported during collection."""
        if not self.marked_only:
            patch.resweep()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Wrapper:
        """Charge findings to this test. In a run for marked tests only, install lockdep for the test."""
        self._item = item
        installs = self.marked_only and item.get_closest_marker("lockdep") is not None
        if installs:
            self._install()
        self._settle_place()
        try:
            return (yield)
        finally:
            self._settle_place()
            if installs:
                self._undo.close()
            elif not self.marked_only:
                runtime.report_to(None)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Wrapper:
        """Read the markers and watch the setup. A wrong marker fails the setup at its end, after other plugins."""
        __tracebackhide__ = True
        self._policy, problem = Policy(self.options), ""
        try:
            self._policy = Policy.of(item, self.options)
        except OptionError as error:
            problem = f"mark lockdep: {error}"
        result = yield from self._phase(item, "setup")
        if problem:
            pytest.fail(problem, pytrace=False)
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Wrapper:
        """Watch the test itself."""
        __tracebackhide__ = True
        return (yield from self._phase(item, "call"))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Wrapper:
        """Watch the teardown. A finding fails it as an error, as any exception in a teardown does."""
        __tracebackhide__ = True
        try:
            return (yield from self._phase(item, "teardown"))
        finally:
            self._note()
            self.place = Place("", f"after {item.nodeid}")

    @pytest.hookimpl(wrapper=True, optionalhook=True)
    def pytest_timeout_set_timer(self, settings: TimeoutSettings) -> Wrapper:
        """Write reports to the terminal at once if pytest-timeout may end the process, which would lose them."""
        if settings.method == "thread" or threading.current_thread() is not threading.main_thread():
            runtime.report_to(self._terminal)
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> Wrapper:
        """Make the section with the findings part of a failure by them: so it is in a JUnit file, too."""
        report = yield
        if call.excinfo is not None and call.excinfo.type is LockInversion and hasattr(report.longrepr, "addsection"):
            mine = [section for section in report.sections if section[0] == f"Captured lockdep {report.when}"]
            report.sections = [section for section in report.sections if section not in mine]
            for _, text in mine:
                report.longrepr.addsection("lockdep", text)
            report.longrepr.reprtraceback.extraline = None  # it says that all entries are hidden: there are none
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Mark the findings of this phase as reported if the test failed, or was expected to fail."""
        if report.failed or hasattr(report, "wasxfail"):
            for record in self.records:
                if record.place == Place(report.nodeid, report.when):
                    record.explained = True

    # What was found

    def _phase(self, item: pytest.Item, when: str) -> Wrapper:
        __tracebackhide__ = True
        self.place = Place(item.nodeid, when)
        try:
            result = yield
        except pytest.skip.Exception:  # the test has no result of its own, so its findings still count
            self._conclude(item, when)
            raise
        except BaseException:
            with contextlib.suppress(LockInversion):
                self._conclude(item, when)
            raise
        self._conclude(item, when)
        return result

    def _conclude(self, item: pytest.Item, when: str) -> None:
        """Add the findings of this phase to its report. Raises LockInversion if one of them fails the test."""
        __tracebackhide__ = True
        if self.collects and when != "setup":
            gc.collect()
        mine = [record for record in self.collect() if record.place.nodeid == item.nodeid and not record.allowed]
        if not mine:
            return
        for record in mine:
            record.place = self.place  # a thread may have made the finding between two phases
            item.user_properties.append(("lockdep", record.line()))
        item.add_report_section(when, "lockdep", "\n".join(record.text for record in mine))
        failing = [record.finding for record in mine if record.fails]
        if failing:
            raise LockInversion(message(failing)) from None

    def collect(self) -> list[PlacedFinding]:
        """Return records of the findings that were made since the last call."""
        if not self.marked_only or patch.is_installed():
            runtime.validator().collect()
        new: list[PlacedFinding] = []
        if self._inbox:
            self._note()
        while self._inbox:
            found, place = self._inbox.popleft()
            if any(found is other for other, _ in self._inbox):
                continue  # its grade has risen since: it is told once, as it is then
            policy = self._policy if place.nodeid and place.nodeid == self.place.nodeid else Policy(self.options)
            earlier = [record.finding for record in new if isinstance(record.finding, Finding)]
            new.append(PlacedFinding.of(found, place, policy, self.first_seen, earlier))
        new += self._of_children(new)
        for record in new:
            record.fails = record.fails and not self.updates
            self.config.hook.pytest_lockdep_finding(finding=record.finding, item=self._item)
        self.records += new
        return new

    def _of_children(self, new: list[PlacedFinding]) -> list[PlacedFinding]:
        """Return records of what only child processes have found since the last call."""
        found = [] if self._children is None else list(self._children.news())
        if not found:
            return []
        policy = self._policy if self.place.nodeid else Policy(self.options)
        known = {record.finding.id for record in (*self.records, *new)}
        return [PlacedFinding.of_child(one, self.place, policy) for one in found if one.id not in known]

    def so_far(self, nodeid: str) -> tuple[Finding | FindingRecord, ...]:
        """Return the findings that were made while this test ran."""
        done = [record.finding for record in self.records if record.place.nodeid == nodeid]
        return tuple(dict.fromkeys([*done, *(found for found, place in list(self._inbox) if place.nodeid == nodeid)]))

    def _settle_place(self) -> None:
        self.collect()
        self._note()

    def _note(self) -> None:
        self.first_seen.note(runtime.validator().graph, self.place)

    # The end

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail a run that would pass although a finding failed no test."""
        self._settle_place()
        self.whole = None if self._children is None else self._children.whole()
        if self.whole is not None and not hasattr(self.config, "workerinput"):  # else the controller finds them
            place = Place("", "by several processes together")
            across = [one for one in self.whole.snapshot.findings if one.across and one.shown]
            self.records += [PlacedFinding.of_child(one, place, Policy(self.options)) for one in across]
        failed = any(record.unexplained for record in self.records)
        if failed and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = self.config.option.lockdep_exitcode


def is_given(config: pytest.Config, switch: str) -> bool:
    """Return whether a switch is on the command line.

    Neither place is always complete: a plugin named in conftest.py comes too late for the one and too early for the
    other.
    """
    return any(getattr(given, switch, False) for given in (config.known_args_namespace, config.option))


def options_for(config: pytest.Config) -> Options:
    """Return the options. lockdep_fail_on wins over LOCKDEP_OPTIONS, which wins over the pyproject.toml of the root."""
    keywords: dict[str, Any] = {"raise_on_recursion": True}  # so that one self-deadlock does not hang the whole run
    if config.getini("lockdep_fail_on"):
        keywords["fail_on"] = config.getini("lockdep_fail_on")
    if is_given(config, "lockdep_stat"):
        keywords["stat"] = True
    looks = {name: given(config, f"lockdep_{name}") for name in ("style", "frames")}
    keywords |= baseline_of(config) | {name: value for name, value in looks.items() if value}
    with contextlib.chdir(config.rootpath):
        return load_options({"on_deadlock": "raise", "hang_after": 30}, **keywords)
