"""What a pytest run writes besides its summary: reports, a snapshot, a baseline, commands of GitHub Actions, a store.

With xdist the controller writes it, of what all workers saw together.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from lockdep import runtime

if TYPE_CHECKING:
    from lockdep.processes.pushing import Pushing
    from lockdep.reports.report_file import ReportFile
    from lockdep.snapshots.snapshot import Snapshot

Told = TypeVar("Told")
FILES: pytest.StashKey[list[ReportFile]] = pytest.StashKey()
OPTIONS = ("lockdep_baseline", "lockdep_update_baseline", "lockdep_report", "lockdep_snapshot", "lockdep_store")
PUSHING: pytest.StashKey[Pushing] = pytest.StashKey()


def given(config: pytest.Config, name: str) -> Any:
    """Return the value of an option, which not every place has at every time: see session.is_given."""
    return getattr(config.known_args_namespace, name, None) or getattr(config.option, name, None)


def baseline_of(config: pytest.Config) -> dict[str, str]:
    """Return the option that names the baseline, if there is one. One that is to be written is not read."""
    path = given(config, "lockdep_baseline")
    if updates(config):
        if not path:
            raise pytest.UsageError("--lockdep-update-baseline: name the file with --lockdep-baseline FILE")
        return {"baseline": ""}
    return {"baseline": place(config, path)} if path else {}


def updates(config: pytest.Config) -> bool:
    """Return whether the baseline is to be written."""
    return bool(given(config, "lockdep_update_baseline"))


def place(config: pytest.Config, path: str) -> str:
    """Return a path of the command line as an absolute one."""
    return os.path.join(config.invocation_params.dir, path)


def write_outputs(terminal: pytest.TerminalReporter, take: Callable[[], Snapshot]) -> None:
    """Write what the options ask for. What cannot be written is a line."""
    config = terminal.config
    from lockdep.reports.github_job import is_job, show_in_job

    if not is_job() and not any(given(config, name) for name in OPTIONS[1:]):
        return
    snapshot = take()
    for file in config.stash.get(FILES, ()):
        written(terminal, str(file.path), partial(file.write, snapshot, runtime.look(), terminal.write))
    if updates(config):
        from lockdep.snapshots.baselines import write_baseline

        path = place(config, given(config, "lockdep_baseline"))
        told = written(terminal, path, partial(write_baseline, path, snapshot.findings))
        if told is not None:
            terminal.write_line(told)
    pushing = config.stash.get(PUSHING, None)
    if pushing is not None:
        reason = pushing.push(snapshot)
        if reason:
            terminal.write_line(f"lockdep: error: what was seen is not stored: {reason}", red=True)
    if is_job():
        written(terminal, "the summary of the job", partial(show_in_job, snapshot, terminal.write))


def prepare(config: pytest.Config) -> None:
    """Read which files to write, before the tests run. pytest.UsageError if one is wrong."""
    from lockdep.reports.report_file import ReportFile

    try:
        files = ReportFile.parse_all(given(config, "lockdep_report") or (), given(config, "lockdep_snapshot"))
    except ValueError as error:
        raise pytest.UsageError(f"--lockdep-report: {error}") from None
    for file in files:
        if file.path is None:
            raise pytest.UsageError(f"--lockdep-report: expected FORMAT:PATH, got {file.format}")
    config.stash[FILES] = files
    if not hasattr(config, "workerinput"):
        prepare_store(config)


def prepare_store(config: pytest.Config) -> None:
    """Read into which store what was seen is put, and under which names. pytest.UsageError if one is wrong."""
    from lockdep.store.address import StoreError
    from lockdep.store.origin import NAMES

    url, names = given(config, "lockdep_store"), {name: given(config, f"lockdep_{name}") for name in NAMES}
    if not url:
        if any(names.values()):
            raise pytest.UsageError("--lockdep-project, -version and -host: name the store with --lockdep-store URL")
        return
    from lockdep.processes.pushing import Pushing

    try:
        config.stash[PUSHING] = Pushing(url, {**names, "project": names["project"] or config.rootpath.name})
    except StoreError as error:
        raise pytest.UsageError(f"--lockdep-store: {error}") from None


def written(terminal: pytest.TerminalReporter, path: str, write: Callable[[], Told]) -> Told | None:
    """Write a file and return what `write` does; or write a line that says why not, and return None."""
    try:
        return write()
    except OSError as error:
        terminal.write_line(f"lockdep: error: cannot write {path}: {error.strerror}", red=True)
        return None
