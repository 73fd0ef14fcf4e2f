"""What a new Python does whose parent is a part of a run: it tracks its locks and takes part, or does nothing.

It is called while the interpreter starts, before the program, and says nothing: the program may be anything, and its
standard error may be read by its parent. Reports are written there only if that is where the run writes its own.
"""

from __future__ import annotations

import os
import sys

TRACKER = "from multiprocessing.resource_tracker import main"  # a process of multiprocessing that is no program
SERVER = "from multiprocessing.forkserver import main"  # another one, which forks programs


class _Joined:
    done = False


def join() -> None:
    """Join the run that the environment names, if there is one. Nothing is raised."""
    path = os.environ.get("LOCKDEP_RUN")
    if not path or _Joined.done:
        return
    _Joined.done = True
    try:
        join_run(path, sys.orig_argv)
    except Exception:
        pass


def join_run(path: str, command: list[str]) -> None:
    """Join the run in this directory; `command` is the command line of this process."""
    if runs(command, TRACKER):
        return
    from lockdep.processes import environment

    environment.clean(path)
    from lockdep.processes.folder import RunDirectory

    folder = RunDirectory(path)
    settings = folder.settings()
    if settings is None:
        return
    from lockdep import patch, runtime
    from lockdep.patch.changes import Changes
    from lockdep.processes import endings, member
    from lockdep.reports.outlet import identity

    if identity(2) != settings.stderr:
        runtime.report_to(None)
    patch.install(**settings.options)
    endings.follow(Changes(), child=True)
    member.join(folder, settings, server=runs(command, SERVER))


def runs(command: list[str], code: str) -> bool:
    """Return whether a command line runs this code."""
    return any(word.startswith(code) for word in command)
