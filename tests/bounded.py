"""Runs a program that may hang, or leave hanging children behind, and kills what is left of it."""

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Ended:
    """The exit code, or None if the time limit was reached, and everything written to both streams."""

    exit_code: int | None
    output: str


def run_bounded(
    command: Sequence[str | Path], timeout: float, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> Ended:
    """Run the command in its own process group for at most `timeout` seconds, then kill the whole group."""
    # A file, because reading a pipe to its end would wait until the last child has closed it.
    with tempfile.TemporaryFile() as output:
        program = subprocess.Popen(
            command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
        exit_code: int | None = None
        try:
            exit_code = program.wait(timeout)
        except subprocess.TimeoutExpired:
            pass
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGKILL)
            program.wait()
        output.seek(0)
        return Ended(exit_code, output.read().decode(errors="replace"))
