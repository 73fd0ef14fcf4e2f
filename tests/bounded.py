"""Run a program that may hang, or leave children behind that do: none of them outlives the call."""

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
    """How it ended: the exit code, None where the time was up, and all it wrote to both streams."""

    exit_code: int | None
    output: str


def run_bounded(
    command: Sequence[str | Path], timeout: float, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> Ended:
    """Run command in a process group of its own, for so many seconds at most, then end the whole group."""
    # Into a file: a pipe is not at its end before the last child has closed it.
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
