"""lockdep attach: make a running process answer `lockdep who`, though it was started without --listen.

Needs Python 3.14 on both sides: the interpreter of the process runs a script at a moment when its main thread runs
Python code (PEP 768).
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import lockdep
from lockdep.cli.command_line import Parser, UsageError, show
from lockdep.live import listen

SECONDS = 10.0  # that the process has to run the script
SCRIPT = """\
import os, sys
sys.path.append({root!r})
try:
    from lockdep.patch.attached import attached
except Exception as error:
    with open({answer!r} + ".new", "w") as file:
        file.write(f"error\\n{{error!r}}\\n")
    os.replace({answer!r} + ".new", {answer!r})
else:
    attached({answer!r})
finally:
    sys.path.remove({root!r})
"""  # the path comes last: what the program imports itself is found where it was


def attach(given: list[str]) -> int:
    """Install lockdep in a process that runs."""
    parser = Parser(
        prog="lockdep attach",
        description="Install lockdep in a running process of Python 3.14, so that `lockdep who PID` can ask it.",
        allow_abbrev=False,
    )
    parser.add_argument("pid", type=int, metavar="PID", help="a process of the same user and version of Python")
    pid = parser.parse_args(given).pid
    execute: Callable[[int, str], None] | None = getattr(sys, "remote_exec", None)
    if execute is None:
        raise UsageError("attach needs Python 3.14 or newer; start the process with `lockdep run --listen` instead")
    if answers(pid):
        show(f"process {pid} listens already\n")
    else:
        show(install_in(pid, execute))
    return 0


def answers(pid: int) -> bool:
    """Return whether a process listens."""
    try:
        listen.ask(pid, "who")
    except OSError:
        return False
    return True


def install_in(pid: int, execute: Callable[[int, str], None]) -> str:
    """Have a process install lockdep; return what it says."""
    with tempfile.TemporaryDirectory(prefix="lockdep-attach-") as folder:
        script, answer = Path(folder, "script.py"), Path(folder, "answer")
        root = str(Path(lockdep.__file__).parents[1])
        script.write_text(SCRIPT.format(root=root, answer=str(answer)), encoding="utf-8")
        try:
            execute(pid, os.fspath(script))
        except (OSError, RuntimeError, ValueError) as error:
            raise UsageError(f"process {pid} cannot be attached to: {error}") from None
        return answer_in(answer, pid)


def answer_in(answer: Path, pid: int) -> str:
    """Wait until a process has written its answer, and return it."""
    deadline = time.monotonic() + SECONDS
    while not answer.exists():
        if time.monotonic() > deadline:
            raise UsageError(
                f"process {pid} has not run the script within {SECONDS:.0f} s: its main thread runs no Python code; "
                "if it waits for a lock, only a process that was started with --listen can be asked"
            )
        time.sleep(0.02)
    outcome, _, text = answer.read_text(encoding="utf-8").partition("\n")
    if outcome != "ok":
        raise UsageError(f"process {pid} could not install lockdep: {text.strip()}")
    return text
