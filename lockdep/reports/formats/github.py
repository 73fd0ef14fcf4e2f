"""The findings as workflow commands of GitHub Actions, which shows each one beside the lines that it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockdep.reports.formats.sarif import flows_of, message, primary
from lockdep.splats.styles import PLAIN, Look

if TYPE_CHECKING:
    from lockdep.snapshots.records import FindingRecord
    from lockdep.snapshots.snapshot import Snapshot


def render(snapshot: Snapshot, *, look: Look = PLAIN) -> str:  # noqa: ARG001 - it has one look
    """Return a line for each finding."""
    return "".join(f"{command(finding)}\n" for finding in snapshot.findings if finding.shown)


def command(finding: FindingRecord) -> str:
    """Return the command for one finding: at the place where a thread would wait, if the program has one."""
    places = primary(flows_of(finding.document))[:1]
    fields = [f"file={value(frame.file)},line={frame.line}" for frame in places]
    fields.append(f"title={value(f'lockdep: {finding.title} [{finding.id}]')}")
    return f"::{finding.level} {','.join(fields)}::{data(message(finding))}"


def data(text: str) -> str:
    """Return the text of a command; what ends a line is escaped."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def value(text: str) -> str:
    """Return the value of a field of a command."""
    return data(text).replace(":", "%3A").replace(",", "%2C")
