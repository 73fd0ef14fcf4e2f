"""The socket of a process of a run whose processes answer others: it is made, noted in the run directory, and removed.

Whether they do, the settings of the run say: they name a folder for `sockets`. It is not imported where they do not.

Cost: a socket and a thread for each process, some 0.3 ms.
"""

from __future__ import annotations

import contextlib
import os

from lockdep.live import answers, listen
from lockdep.processes.environment import becomes_a_program
from lockdep.processes.folder import RunDirectory, Settings


def lead(folder: RunDirectory, settings: Settings) -> None:
    """Note where the first process of a run answers, which listens already, and have it name the run."""
    folder.announce(os.getpid(), path_of(os.getpid(), settings))
    answers.belong(folder.path)


def begin(folder: RunDirectory, settings: Settings) -> None:
    """Answer others from now on. A process that cannot goes on without."""
    if not becomes_a_program():
        answers.belong("")
        with contextlib.suppress(OSError, RuntimeError):
            folder.announce(os.getpid(), answers.listen_here(path_of(os.getpid(), settings)))


def end(folder: RunDirectory, settings: Settings) -> None:
    """Remove the socket, since this process ends."""
    folder.withdraw(os.getpid())
    remove(path_of(os.getpid(), settings))


def end_run(folder: RunDirectory) -> None:
    """Remove the sockets that processes of a run have left which were killed, since it has ended."""
    answers.belong("")
    folder.withdraw(os.getpid())
    for pid, path in folder.sockets().items():
        with contextlib.suppress(OSError):
            listen.remove_stale(path)
            if not os.path.lexists(path):
                folder.withdraw(pid)


def remove(path: str) -> None:
    """Remove a socket, if it is there."""
    with contextlib.suppress(OSError):
        os.unlink(path)


def path_of(pid: int, settings: Settings) -> str:
    """Return the path of the socket of a process."""
    return os.path.join(settings.sockets, f"{pid}.sock")
