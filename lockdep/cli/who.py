"""lockdep who: which threads hold locks, which wait, and which are deadlocked, in a process or in those of a run."""

import os
from collections.abc import Mapping

from lockdep.cli.command_line import Parser, UsageError, show
from lockdep.live import listen


def who(given: list[str]) -> int:
    """Print who holds and who waits at this moment."""
    parser = Parser(
        prog="lockdep who",
        description="Print which threads hold locks, which wait for what, and which are deadlocked, in a process and"
        " its children or in all processes of a run.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "target",
        metavar="PID or DIR",
        help="a process started with `lockdep run --listen`, or the directory of `--run-directory` of such a run",
    )
    target = parser.parse_args(given).target
    if target.isdigit():
        show_process(int(target))
    else:
        show_run(target)
    return 0


def show_process(pid: int) -> None:
    """Print the picture of one process; of the first process of a run, those of all its processes."""
    from lockdep.live.pictures import Picture
    from lockdep.processes.folder import RunDirectory

    try:
        picture = Picture.parse(listen.ask(pid, "picture"))
    except OSError as error:
        raise UsageError(str(error)) from None
    except ValueError as error:
        raise UsageError(f"process {pid} answers something else: {error}") from None
    sockets = RunDirectory(picture.run).sockets() if picture.run else {}
    show_all({pid: listen.default_path(pid), **sockets})


def show_run(path: str) -> None:
    """Print the pictures of all processes of a run."""
    from lockdep.processes.folder import RunDirectory

    folder = RunDirectory(path)
    if folder.settings() is None:
        raise UsageError(f"{path}: neither the number of a process nor the directory of a run of this version")
    sockets = folder.sockets()
    if not sockets:
        raise UsageError(f"{path}: no process of this run listens; was it started with `lockdep run --listen`?")
    show_all(sockets)


def show_all(found: Mapping[int, str]) -> None:
    """Ask processes at their sockets, and print what they say. This one may be a part of the run, and is left out."""
    from lockdep.live.asking import ask_all, deadlocks_between
    from lockdep.live.together import render_one, render_together

    sockets = {pid: path for pid, path in found.items() if pid != os.getpid()}
    answers = ask_all(sockets)
    if not answers.pictures:
        whys = {**answers.silent, **dict.fromkeys(answers.gone, "it has ended")}
        raise UsageError(f"no process answers: {'; '.join(f'{pid}: {why}' for pid, why in whys.items())}")
    circles = deadlocks_between(answers, sockets)
    if len(sockets) == 1:
        show(render_one(answers.pictures[0], circles))
    else:
        show(render_together(answers, circles))
