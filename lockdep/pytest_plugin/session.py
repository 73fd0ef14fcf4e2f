"""A pytest run with lockdep on: takes findings in and fails the tests they were made in.

A finding belongs to the place the run was at when it was made, whichever thread made it. One that was made during a
phase of a test (setup, call, teardown) is a section of that phase's report and, at or above fail_on, fails it with
LockInversion, after the test's own code: the test's own failure is never replaced. Every other one (at import, while
collecting, between tests, in a test that was skipped or run again) fails the session in the end: no run with an
unexplained finding exits with 0.

Limits: a finding is made once, so it is the first test that shows it which fails, and what that test allows is allowed
in the later ones. A thread that outlives its test is charged to the test that runs when it makes a finding. Costs, for
each test: some microseconds, and one walk over the known dependencies.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import threading
from collections import deque
from collections.abc import Generator
from typing import Any, Protocol

import pytest

from lockdep import fastpath, lock_stat, patch, runtime
from lockdep.config import OptionError, Options, load_options
from lockdep.pytest_plugin.records import FirstSeen, Place, Policy, Record, message
from lockdep.validator import validator
from lockdep.violations.finding import Finding, LockInversion

Wrapper = Generator[None, Any, Any]


class TimeoutSettings(Protocol):
    """The part of pytest-timeout's settings that is used here."""

    method: str


class LockdepSession:
    """What runs while lockdep is on, for all tests or for the marked ones only."""

    def __init__(self, config: pytest.Config, *, marked_only: bool = False) -> None:
        self.config = config
        self.marked_only = marked_only
        self.options = options_for(config)
        self.records: list[Record] = []
        self.place = Place("", "while pytest was starting")
        self._policy = Policy(self.options)
        self._inbox: deque[tuple[Finding, Place]] = deque()  # filled by any thread: append and popleft only
        self.first_seen = FirstSeen()
        self._undo = contextlib.ExitStack()
        self._terminal = -1

    def start(self) -> None:
        """Track locks from now on."""
        self.config.add_cleanup(self.stop)  # runs even if configuring fails
        self._install()

    def stop(self) -> None:
        """Take everything back."""
        self._undo.close()

    def configured(self) -> None:
        """Take part in the run."""
        self._terminal = os.dup(2)  # nothing is captured at this moment
        self.config.add_cleanup(lambda: os.close(self._terminal))
        self.config.pluginmanager.register(self, "lockdep-session")

    def _install(self) -> None:
        for module in (*fastpath.MODULES, validator):  # the traceback of a DeadlockError ends in the test
            vars(module)["__tracebackhide__"] = True
        before = runtime.validator() if patch.is_installed() else None
        patch.install(**{field.name: getattr(self.options, field.name) for field in dataclasses.fields(Options)})
        self._undo.callback(patch.uninstall if before is None else lambda: runtime.activate(before))
        self._undo.callback(runtime.on_finding(lambda found: self._inbox.append((found, self.place))))
        runtime.report_to(None)
        self._undo.callback(runtime.report_to, 2)
        if self.options.stat:
            self._undo.callback(lock_stat.stop)

    @property
    def active(self) -> bool:
        """Return whether locks are tracked at this moment."""
        return patch.is_installed() and runtime.is_active()

    # Where the run is

    def pytest_report_header(self) -> str | None:
        """Say in the header that lockdep is on."""
        return None if self.marked_only else f"lockdep: {fastpath.BUILD} build, fail_on={self.options.fail_on}"

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Wrapper:
        """Findings of this time belong to the import of a test module."""
        self.place = Place("", f"while collecting {collector.nodeid or 'the session'}")
        try:
            return (yield)
        finally:
            self._note()

    def pytest_collection_finish(self) -> None:
        """Adopt what the modules imported meanwhile have got past the replaced names."""
        if not self.marked_only:
            patch.resweep()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Wrapper:
        """Findings of this time belong to the test; in a run for marked tests, lockdep is installed for it."""
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
        """Read the marker and watch the setup. A bad marker fails it at its end: other plugins count on a whole one."""
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
        """Watch the teardown; a finding here is an error, as any exception of a finalizer is."""
        __tracebackhide__ = True
        try:
            return (yield from self._phase(item, "teardown"))
        finally:
            self._note()
            self.place = Place("", f"after {item.nodeid}")

    @pytest.hookimpl(wrapper=True, optionalhook=True)
    def pytest_timeout_set_timer(self, settings: TimeoutSettings) -> Wrapper:
        """pytest-timeout's thread method ends the process and its reports: write splats to the terminal at once."""
        if settings.method == "thread" or threading.current_thread() is not threading.main_thread():
            runtime.report_to(self._terminal)
        return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A finding is dealt with once its test's report says failed, or says that the failure was expected."""
        if report.failed or hasattr(report, "wasxfail"):
            for record in self.records:
                if record.place == Place(report.nodeid, report.when):
                    record.told = True

    # What was found

    def _phase(self, item: pytest.Item, when: str) -> Wrapper:
        __tracebackhide__ = True
        self.place = Place(item.nodeid, when)
        try:
            result = yield
        except pytest.skip.Exception:  # no verdict of the test's own: what was found still counts
            self._conclude(item, when)
            raise
        except BaseException:
            with contextlib.suppress(LockInversion):
                self._conclude(item, when)
            raise
        self._conclude(item, when)
        return result

    def _conclude(self, item: pytest.Item, when: str) -> None:
        """Put what was found during this phase into its report; LockInversion if it fails the test."""
        __tracebackhide__ = True
        mine = [record for record in self.collect() if record.place.nodeid == item.nodeid and not record.allowed]
        if not mine:
            return
        for record in mine:
            record.place = self.place  # a thread may have made it between two phases
            item.user_properties.append(("lockdep", record.line()))
        item.add_report_section(when, "lockdep", "\n".join(record.text for record in mine))
        failing = [record.finding for record in mine if record.fails]
        if failing:
            raise LockInversion(message(failing)) from None

    def collect(self) -> list[Record]:
        """Return the records made of what came in since the last time."""
        if not self.marked_only or patch.is_installed():
            runtime.validator().collect()
        new: list[Record] = []
        if self._inbox:
            self._note()
        while self._inbox:
            found, place = self._inbox.popleft()
            policy = self._policy if place.nodeid and place.nodeid == self.place.nodeid else Policy(self.options)
            new.append(Record.of(found, place, policy, self.first_seen, earlier=[record.finding for record in new]))
        self.records += new
        return new

    def so_far(self, nodeid: str) -> tuple[Finding, ...]:
        """Return what was found while this test ran."""
        done = [record.finding for record in self.records if record.place.nodeid == nodeid]
        return tuple(dict.fromkeys([*done, *(found for found, place in list(self._inbox) if place.nodeid == nodeid)]))

    def _settle_place(self) -> None:
        self.collect()
        self._note()

    def _note(self) -> None:
        self.first_seen.note(runtime.validator().graph, self.place)

    # The end

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail a run that would pass though findings failed no test."""
        self._settle_place()
        failed = any(record.unexplained for record in self.records)
        if failed and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = self.config.option.lockdep_exitcode


def options_for(config: pytest.Config) -> Options:
    """Return the options: lockdep_fail_on, then LOCKDEP_OPTIONS, then the pyproject.toml of the root directory."""
    keywords: dict[str, Any] = {"raise_on_recursion": True}  # one self-deadlock must not take the whole run with it
    if config.getini("lockdep_fail_on"):
        keywords["fail_on"] = config.getini("lockdep_fail_on")
    # Neither is complete at all times: a plugin that conftest.py names comes after the one, before the other is filled.
    if any(getattr(given, "lockdep_stat", False) for given in (config.known_args_namespace, config.option)):
        keywords["stat"] = True
    with contextlib.chdir(config.rootpath):
        return load_options(**keywords)
