"""Findings as files, written at the end of a run: `--report FORMAT[:PATH]`.

A file is replaced in one step, so a reader sees the old one or the whole new one. What cannot be written is a line
for the person at the terminal and no exception: the findings themselves were printed when they were found.

Cost: nothing until the end of the run; json is imported only when it is asked for.
"""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


class Reportable(Protocol):
    """The part of a finding that a report needs; its str() is the splat."""

    def to_dict(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class ReportFile:
    """One `--report` of the command line; path None means standard output."""

    format: str
    path: str | None

    @classmethod
    def parse(cls, text: str) -> "ReportFile":
        """Read FORMAT[:PATH]; ValueError says what is accepted."""
        name, colon, path = text.partition(":")
        if name not in FORMATS:
            raise ValueError(f"unknown format {name!r} (known: {', '.join(FORMATS)})")
        if colon and not path:
            raise ValueError(f"no path after {text!r}")
        # Absolute now: the program may change the working directory before the file is written.
        return cls(name, os.path.abspath(path) if path else None)

    def write(self, findings: Sequence[Reportable]) -> None:
        """Render the findings and write them; OSError if the place does not take them."""
        text = FORMATS[self.format](findings)
        if self.path is None:
            _print(text)
        else:
            _replace(self.path, text.encode("utf-8", "backslashreplace"))


def render_json(findings: Sequence[Reportable]) -> str:
    """Return a JSON list of all findings."""
    import json

    return json.dumps([finding.to_dict() for finding in findings], indent=2) + "\n"


def render_splats(findings: Sequence[Reportable]) -> str:
    """Return the splats one below the other."""
    return "\n".join(str(finding).rstrip("\n") + "\n" for finding in findings)


FORMATS: dict[str, Callable[[Sequence[Reportable]], str]] = {"splat": render_splats, "json": render_json}


def _print(text: str) -> None:
    stream = sys.__stdout__
    if stream is not None and text:
        try:
            stream.write(text)
            stream.flush()
        except ValueError as error:  # the program closed it
            raise OSError(str(error)) from None


def _replace(path: str, data: bytes) -> None:
    if os.path.exists(path) and not os.path.isfile(path):  # /dev/stderr, a pipe: cannot be replaced, only written
        with open(path, "wb") as file:
            file.write(data)
        return
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        with open(temporary, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
    except BaseException:
        _remove(temporary)
        raise


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass
