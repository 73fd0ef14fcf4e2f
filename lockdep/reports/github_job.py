"""What a job of GitHub Actions shows of the findings: commands at their lines, and the report in the job's summary."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from lockdep.reports import formats

if TYPE_CHECKING:
    from lockdep.snapshots.snapshot import Snapshot


def is_job() -> bool:
    """Return whether this process runs in a job of GitHub Actions."""
    return bool(os.environ.get("GITHUB_ACTIONS"))


def show_in_job(snapshot: Snapshot, show: Callable[[str], object]) -> None:
    """Print the commands with `show`, and add to the summary, whose path is in a variable; OSError if it cannot be.

    Nothing is printed or added if there is no finding to show: a summary is of all steps of the job.
    """
    if not any(finding.shown for finding in snapshot.findings):
        return
    show(formats.render("github", snapshot))
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if path:
        with open(path, "a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(formats.render("markdown", snapshot))
